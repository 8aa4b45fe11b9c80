import type { ModelInfo, StoredModel } from '@tama/core';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import type { ModelFiles } from '../engine-host.ts';
import { formatBytes, formatCompact, formatNumber } from '../i18n/format.ts';
import type { Models } from '../models/models.ts';
import { DownloadStatus } from './download-status.tsx';
import { GetModel } from './get-model.tsx';
import { ModelProgress } from './model-progress.tsx';
import { OpenModelButtons } from './open-model-buttons.tsx';
import { Panel } from './panel.tsx';
import { useLocale, useMessages } from './preferences.tsx';
import { Problem } from './problem.tsx';
import { StoredModels } from './stored-models.tsx';

type Props = {
  readonly chat: Chat;
  readonly models: Models;
  readonly licenceHref: string;
  readonly onUseDemo: () => void;
  readonly onFiles: (files: ModelFiles) => void;
  readonly onUse: (model: StoredModel) => void;
  readonly onClose: () => void;
};

export function ModelPanel({ chat, models, licenceHref, onUseDemo, onFiles, onUse, onClose }: Props) {
  const t = useMessages();
  const model = useStore(chat, (state) => state.model);
  const demo = model.phase === 'ready' && model.demo;
  const inUse = model.source.kind === 'stored' && model.phase !== 'failed' ? model.source : undefined;
  return (
    <Panel heading={t.model.heading} closeLabel={t.model.close} onClose={onClose}>
      <section>
        <h3>{t.models.current}</h3>
        {model.phase === 'ready' ? (
          <>
            <p className="tama-stored-name">{model.info.name}</p>
            <details className="tama-disclosure">
              <summary>{t.models.details}</summary>
              <ModelFacts info={model.info} />
            </details>
          </>
        ) : model.phase === 'failed' ? (
          <Problem error={model.error} />
        ) : (
          <ModelProgress model={model} />
        )}
        {demo ? <p>{t.model.demoText}</p> : null}
        <p className="tama-help">{t.model.local}</p>
        {model.source.kind === 'demo' ? null : (
          <button type="button" className="tama-button" onClick={onUseDemo}>
            {t.model.useDemo}
          </button>
        )}
      </section>
      <StoredModels models={models} inUse={inUse} onUse={onUse} />
      <GetModel models={models} onUse={onUse} />
      <section>
        <h3>{t.model.ownHeading}</h3>
        <p>{t.model.ownText}</p>
        <OpenModelButtons onFiles={onFiles} />
      </section>
      <p className="tama-panel-foot">
        <a href={licenceHref}>{t.model.licences}</a>
      </p>
      {/* Here, as what is outside a modal dialog is not read out. */}
      <DownloadStatus models={models} />
    </Panel>
  );
}

function ModelFacts({ info }: { readonly info: ModelInfo }) {
  const t = useMessages().model;
  const locale = useLocale();
  const { adapter, config } = info;
  const paths = [adapter.f16 ? t.f16 : '', adapter.subgroups ? t.subgroups : ''].filter(Boolean);
  const adapterName = [adapter.description, adapter.vendor, adapter.architecture].filter(Boolean);
  const facts: readonly (readonly [string, string])[] = [
    [t.name, info.name],
    [t.format, info.format],
    [t.parameters, formatCompact(info.parameters, locale)],
    [t.shape, `${config.layers} × ${formatNumber(config.hiddenSize, locale)}`],
    [t.context, t.contextTokens(formatNumber(info.contextLength, locale))],
    [t.weights, formatBytes(info.weightBytes)],
    [t.cache, formatBytes(info.cacheBytes)],
    [t.adapter, [...new Set(adapterName)].join(' · ')],
    [t.paths, paths.length > 0 ? paths.join(', ') : t.noPaths],
  ];
  return (
    <>
      <dl className="tama-facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {info.warnings.length > 0 ? (
        <details className="tama-disclosure">
          <summary>{t.warnings}</summary>
          <ul>
            {info.warnings.map((warning) => (
              <li key={warning.en}>{warning[locale]}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}
