import type { ModelInfo } from '@tama/core';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { formatBytes, formatCompact, formatNumber } from '../i18n/format.ts';
import { ModelProgress } from './model-progress.tsx';
import { OpenModelButtons } from './open-model-buttons.tsx';
import { Panel } from './panel.tsx';
import { useLocale, useMessages } from './preferences.tsx';
import { Problem } from './problem.tsx';

type Props = {
  readonly chat: Chat;
  readonly licenceHref: string;
  readonly onUseDemo: () => void;
  readonly onFiles: (files: readonly File[]) => void;
  readonly onClose: () => void;
};

export function ModelPanel({ chat, licenceHref, onUseDemo, onFiles, onClose }: Props) {
  const t = useMessages();
  const model = useStore(chat, (state) => state.model);
  const demo = model.phase === 'ready' && model.demo;
  return (
    <Panel heading={t.model.heading} closeLabel={t.model.close} onClose={onClose}>
      <section>
        {model.phase === 'ready' ? (
          <ModelFacts info={model.info} />
        ) : model.phase === 'failed' ? (
          <Problem error={model.error} />
        ) : (
          <ModelProgress model={model} />
        )}
        {demo ? <p>{t.model.demoText}</p> : null}
        <p className="tama-help">{t.model.local}</p>
      </section>
      <section>
        <h3>{t.model.ownHeading}</h3>
        <p>{t.model.ownText}</p>
        <OpenModelButtons onFiles={onFiles} />
        {model.source.kind === 'demo' ? null : (
          <button type="button" className="tama-button" onClick={onUseDemo}>
            {t.model.useDemo}
          </button>
        )}
      </section>
      <p className="tama-panel-foot">
        <a href={licenceHref}>{t.model.licences}</a>
      </p>
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
          <ul lang="en">
            {info.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}
