import type { StoredModel } from '@tama/core';
import { useStore } from 'zustand';
import { fitText } from '../i18n/fit-text.ts';
import { formatBytes } from '../i18n/format.ts';
import { isRefusal } from '../models/known-models.ts';
import type { Models } from '../models/models.ts';
import { ConfirmButton } from './confirm-button.tsx';
import { DownloadLine } from './download-line.tsx';
import { Fault } from './fault.tsx';
import { GatedHelp } from './hub-fields.tsx';
import { useMessages } from './preferences.tsx';
import type { ModelEntry } from './stored-models.tsx';

type Props = ModelEntry & {
  readonly models: Models;
  readonly inUse: boolean;
  readonly onUse: (model: StoredModel) => void;
  readonly onRemove: (source: string) => void;
};

export function StoredModelView({ model, download, models, inUse, onUse, onRemove }: Props) {
  const messages = useMessages();
  const t = messages.models;
  const fit = useStore(models, ({ fits }) => fits[model.source]);
  const { source, name, commit, complete, storedBytes, bytes } = model;
  const { progress, error } = download ?? {};
  const running = download !== undefined && error === undefined;
  const paused = progress?.phase === 'paused';
  return (
    <li
      data-source={source}
      data-state={running ? (progress?.phase ?? 'begin') : complete ? 'complete' : 'interrupted'}
    >
      <p className="tama-stored-name">{name}</p>
      <p className="tama-stored-source">
        <span>{source}</span>
        {commit ? <span title={commit}>{t.commit(commit.slice(0, 7))}</span> : null}
        {complete ? <span>{formatBytes(storedBytes)}</span> : null}
        {fit ? <span>{t.loaded(fitText(fit, messages))}</span> : null}
      </p>
      {running ? (
        <DownloadLine name={name} {...(progress ?? { phase: 'begin', bytes: storedBytes, total: bytes })} />
      ) : complete ? null : (
        <DownloadLine name={name} phase="interrupted" bytes={storedBytes} total={bytes} />
      )}
      {error === undefined ? null : <DownloadFault error={error} source={source} models={models} />}
      <p className="tama-buttons">
        {running && !paused ? (
          <button
            type="button"
            className="tama-button"
            aria-label={t.pauseNamed(name)}
            onClick={() => models.pause(source)}
          >
            {t.pause}
          </button>
        ) : null}
        {paused || (!complete && !running) ? (
          <button
            type="button"
            className="tama-button tama-button-main"
            aria-label={t.resumeNamed(name)}
            onClick={() => models.resume(source)}
          >
            {t.resume}
          </button>
        ) : null}
        {complete && !running ? (
          inUse ? (
            <span className="tama-in-use">{t.inUse}</span>
          ) : (
            <button
              type="button"
              className="tama-button tama-button-main"
              aria-label={t.useNamed(name)}
              onClick={() => onUse(model)}
            >
              {t.use}
            </button>
          )
        ) : null}
        {running ? (
          <ConfirmButton
            text={t.cancel}
            label={t.cancelNamed(name)}
            sure={t.cancelSure}
            onConfirm={() => models.cancel(source)}
          />
        ) : (
          <ConfirmButton
            text={t.remove}
            label={t.removeNamed(name)}
            sure={t.removeSure(formatBytes(storedBytes))}
            onConfirm={() => onRemove(source)}
          />
        )}
      </p>
    </li>
  );
}

/** Where the hub refuses, the way out is a licence and a token. */
function DownloadFault({
  error,
  source,
  models,
}: {
  readonly error: unknown;
  readonly source: string;
  readonly models: Models;
}) {
  const endpoint = useStore(models, ({ hub }) => hub.endpoint);
  return <Fault error={error}>{isRefusal(error) ? <GatedHelp source={source} endpoint={endpoint} /> : null}</Fault>;
}
