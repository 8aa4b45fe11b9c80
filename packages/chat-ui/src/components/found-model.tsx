import type { StoredModel } from '@tama/core';
import { isTamaError } from '@tama/errors';
import { type ReactNode, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { formatBytes, formatCompact, formatMemory, formatNumber } from '../i18n/format.ts';
import { fitOf } from '../models/fit.ts';
import type { Look, Models } from '../models/models.ts';
import { graphicsMemories, type Settings } from '../settings/settings.ts';
import { Again, Fault } from './fault.tsx';
import { OutsideLink } from './hub-fields.tsx';
import { useLocale, useMessages, usePreferences, useSettings } from './preferences.tsx';
import { Select } from './select.tsx';

type Props = {
  readonly models: Models;
  readonly look: Extract<Look, { readonly phase: 'found' }>;
  readonly onUse: (model: StoredModel) => void;
};

/** A model before its download: how large it is, whether it fits on the disk and on the graphics adapter. */
export function FoundModel({ models, look, onUse }: Props) {
  const messages = useMessages();
  const t = messages.models;
  const locale = useLocale();
  const { description, preview, previewError } = look;
  const space = useStore(models, (state) => state.space);
  const before = useStore(models, ({ stored }) => stored?.find(({ source }) => source === description.source));
  const { graphicsMemory } = useSettings();

  // Another answer to how much memory there is may be another answer to whether the model fits.
  const asked = useRef(graphicsMemory);
  useEffect(() => {
    if (asked.current !== graphicsMemory) models.lookAgain();
    asked.current = graphicsMemory;
  }, [graphicsMemory, models]);

  const bytes = preview?.bytes ?? knownBytes(description.files);
  const size =
    bytes === undefined
      ? t.sizeUnknown
      : description.files.length > 1
        ? t.sizeFiles(formatBytes(bytes), formatNumber(description.files.length, locale))
        : formatBytes(bytes);
  const tooLarge = isTamaError(previewError, 'model-too-large');
  const fits = preview !== undefined || fitOf(previewError) !== undefined;
  const noRanges = isTamaError(previewError, 'http-no-ranges');
  const missing = bytes === undefined || !space ? 0 : bytes - (before?.storedBytes ?? 0) - (space.quota - space.usage);
  const fit = useStore(models, (state) => state.fits[description.source]);
  const weights = preview?.quantised ? fit?.weights : undefined;
  const memory = (weights && preview?.quantised?.[weights]) ?? preview?.plan;
  return (
    <>
      <p className="tama-stored-name">{description.name}</p>
      <dl className="tama-facts">
        <Fact term={t.size}>{size}</Fact>
        {preview ? (
          <>
            <Fact term={messages.model.format}>{preview.format}</Fact>
            <Fact term={messages.model.parameters}>{formatCompact(preview.parameters, locale)}</Fact>
          </>
        ) : null}
        {memory ? (
          <Fact term={t.memory}>
            {formatMemory(memory.totalBytes)}
            <small>
              {t.memoryParts(
                formatMemory(memory.weightBytes),
                formatMemory(memory.cacheBytes),
                formatMemory(memory.workBytes),
              )}
            </small>
          </Fact>
        ) : null}
      </dl>
      {preview?.quantised ? (
        <Select
          label={t.weightsAs}
          value={weights ?? ''}
          options={[
            ['', t.weightsStored],
            ['q8', t.weightsBits.q8],
            ['q4', t.weightsBits.q4],
          ]}
          onChange={(value) => models.setFit(description.source, value === '' ? undefined : { weights: value })}
        />
      ) : null}
      {preview || previewError ? null : <p role="status">{t.reading}</p>}
      {before?.complete ? (
        <p>{t.already}</p>
      ) : before && before.storedBytes > 0 ? (
        <p>{t.alreadyPart(formatBytes(before.storedBytes))}</p>
      ) : null}
      {noRanges ? (
        <p role="status">{t.noRanges}</p>
      ) : previewError ? (
        <Fault error={previewError}>{tooLarge ? null : <Again onAgain={models.lookAgain} />}</Fault>
      ) : null}
      {preview || tooLarge ? <GraphicsMemory fits={preview !== undefined} /> : null}
      {missing > 0 && space ? (
        <p className="tama-fault" role="alert">
          {t.noSpace(formatBytes(missing), formatBytes(Math.max(0, space.quota - space.usage)))}
        </p>
      ) : null}
      <p className="tama-buttons">
        {before?.complete ? (
          <button type="button" className="tama-button tama-button-main" onClick={() => onUse(before)}>
            {t.use}
          </button>
        ) : preview || noRanges || tooLarge ? (
          <button
            type="button"
            className={!fits || missing > 0 ? 'tama-button' : 'tama-button tama-button-main'}
            onClick={models.download}
          >
            {(tooLarge && !fits) || missing > 0
              ? t.downloadAnyway
              : bytes === undefined
                ? t.download
                : t.downloadSize(formatBytes(bytes - (before?.storedBytes ?? 0)))}
          </button>
        ) : null}
        <button type="button" className="tama-button" onClick={models.forgetLook}>
          {t.dismiss}
        </button>
      </p>
      <Terms />
    </>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function knownBytes(files: readonly { readonly size?: number }[]): number | undefined {
  const sizes = files.map(({ size }) => size);
  return sizes.every((size) => size !== undefined) ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
}

/** WebGPU does not tell how much memory there is; the reader may know. */
function GraphicsMemory({ fits }: { readonly fits: boolean }) {
  const t = useMessages().models;
  const { settings } = usePreferences();
  const { graphicsMemory } = useSettings();
  const unknown = '';
  const gib = (value: number) => `${value} GiB`;
  return (
    <>
      <Select
        label={t.graphicsMemory}
        value={graphicsMemory === undefined ? unknown : String(graphicsMemory)}
        options={[
          [unknown, t.graphicsMemoryUnknown],
          ...graphicsMemories.map((value) => [String(value), gib(value)] as const),
        ]}
        onChange={(value) =>
          settings.change({
            graphicsMemory: value === unknown ? undefined : (Number(value) as Settings['graphicsMemory']),
          })
        }
      />
      {graphicsMemory === undefined ? (
        <p className="tama-help">{t.fitsUnknown}</p>
      ) : fits ? (
        <p>{t.fits(gib(graphicsMemory))}</p>
      ) : null}
    </>
  );
}

function Terms() {
  const t = useMessages().models;
  return (
    <p className="tama-help">
      {t.termsBefore}
      <OutsideLink href="https://ai.google.dev/gemma/terms">{t.terms}</OutsideLink>
      {t.termsBetween}
      <OutsideLink href="https://ai.google.dev/gemma/prohibited_use_policy">{t.prohibitedUse}</OutsideLink>
      {t.termsAfter}
    </p>
  );
}
