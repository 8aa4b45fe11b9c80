import type { StoredModel } from '@tama/core';
import { useRef } from 'react';
import { useStore } from 'zustand';
import { formatBytes } from '../i18n/format.ts';
import type { DownloadState, Models } from '../models/models.ts';
import { Fault } from './fault.tsx';
import { useMessages } from './preferences.tsx';
import { StoredModelView } from './stored-model-view.tsx';

type Props = {
  readonly models: Models;
  readonly inUse: { readonly source: string; readonly commit?: string | undefined } | undefined;
  readonly onUse: (model: StoredModel) => void;
};

/** The models on this device and on their way to it, with what can be done with each. */
export function StoredModels({ models, inUse, onUse }: Props) {
  const t = useMessages().models;
  const stored = useStore(models, (state) => state.stored);
  const storeError = useStore(models, (state) => state.storeError);
  const downloads = useStore(models, (state) => state.downloads);
  const space = useStore(models, (state) => state.space);
  const heading = useRef<HTMLHeadingElement>(null);
  const entries = allModels(stored ?? [], downloads);

  // The button that was pressed goes with its entry: the focus stays near.
  const remove = (source: string) => {
    heading.current?.focus();
    void models.remove(source);
  };
  return (
    <section>
      <h3 ref={heading} tabIndex={-1}>
        {t.stored}
      </h3>
      {storeError ? <Fault error={storeError} /> : null}
      {entries.length > 0 ? (
        <ul className="tama-stored">
          {entries.map(({ model, download }) => (
            <StoredModelView
              key={model.source}
              model={model}
              download={download}
              models={models}
              inUse={model.source === inUse?.source && model.commit === inUse.commit}
              onUse={onUse}
              onRemove={remove}
            />
          ))}
        </ul>
      ) : storeError || !stored ? null : (
        <p className="tama-help">{t.storedNone}</p>
      )}
      {space ? (
        <p className="tama-help">
          {t.space(formatBytes(space.usage), formatBytes(Math.max(0, space.quota - space.usage)))}
        </p>
      ) : null}
      {space && !space.persisted && entries.length > 0 ? <p className="tama-help">{t.notPersisted}</p> : null}
    </section>
  );
}

export type ModelEntry = { readonly model: StoredModel; readonly download: DownloadState | undefined };

/** Stored models, and before them downloads of which nothing has been stored yet. */
function allModels(
  stored: readonly StoredModel[],
  downloads: Readonly<Record<string, DownloadState>>,
): readonly ModelEntry[] {
  const fresh = Object.values(downloads).filter(({ description: { source } }) =>
    stored.every((model) => model.source !== source),
  );
  return [
    ...fresh.map((download) => ({ model: nothingOf(download), download })),
    ...stored.map((model) => ({ model, download: downloads[model.source] })),
  ];
}

function nothingOf({ description }: DownloadState): StoredModel {
  const sizes = description.files.map(({ size }) => size);
  const bytes = sizes.every((size) => size !== undefined) ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
  return { ...description, complete: false, storedBytes: 0, bytes };
}
