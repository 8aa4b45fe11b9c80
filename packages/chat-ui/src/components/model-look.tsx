import type { StoredModel } from '@tama/core';
import { isTamaError, type TamaError } from '@tama/errors';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { formatBytes, formatNumber } from '../i18n/format.ts';
import { isGated, isRefusal } from '../models/known-models.ts';
import type { Look, Models } from '../models/models.ts';
import { Again, Fault } from './fault.tsx';
import { FoundModel } from './found-model.tsx';
import { GatedHelp } from './hub-fields.tsx';
import { useLocale, useMessages } from './preferences.tsx';

type Props = {
  readonly models: Models;
  readonly look: Look;
  readonly onAsk: (reference: string) => void;
  readonly onUse: (model: StoredModel) => void;
  readonly onNeedsToken: () => void;
};

/** What is behind a reference: the model, a choice between several, or why there is none. */
export function ModelLook({ models, look, onAsk, onUse, onNeedsToken }: Props) {
  const t = useMessages().models;
  const hub = useStore(models, (state) => state.hub);
  const box = useRef<HTMLDivElement>(null);
  const refused =
    look.phase === 'failed' ? isRefusal(look.error) : look.phase === 'found' && isRefusal(look.previewError);
  useEffect(() => {
    if (refused) onNeedsToken();
  });
  // What was asked for is below what was pressed, and on a small screen out of sight.
  useEffect(() => {
    if (look.phase !== 'looking') box.current?.scrollIntoView?.({ block: 'nearest' });
  }, [look.phase]);

  const { reference } = look;
  const read = look.phase === 'found' && look.preview !== undefined;
  const gated = isGated(reference) && hub.token === '' && !read;
  return (
    <div className="tama-look" ref={box}>
      {look.phase === 'looking' ? <p role="status">{t.looking}</p> : null}
      {look.phase === 'failed' ? (
        isTamaError(look.error, 'hub-model-ambiguous') ? (
          <Choice reference={reference} files={filesOf(look.error)} onAsk={onAsk} />
        ) : (
          <Fault error={look.error}>
            <Again onAgain={models.lookAgain} />
          </Fault>
        )
      ) : null}
      {look.phase === 'found' ? <FoundModel models={models} look={look} onUse={onUse} /> : null}
      {refused || gated ? <GatedHelp source={reference} endpoint={hub.endpoint} /> : null}
    </div>
  );
}

/** A repository with one file for each quantisation. */
function Choice({
  reference,
  files,
  onAsk,
}: {
  readonly reference: string;
  readonly files: readonly File[];
  readonly onAsk: (reference: string) => void;
}) {
  const t = useMessages().models;
  const locale = useLocale();
  return (
    <>
      <p role="status">{t.choose(formatNumber(files.length, locale))}</p>
      <ul className="tama-choice">
        {files.map(({ path, bytes }) => (
          <li key={path}>
            <button type="button" className="tama-link" onClick={() => onAsk(fileOf(reference, path))}>
              {path}
            </button>{' '}
            {bytes === undefined ? null : <small>{formatBytes(bytes)}</small>}
          </li>
        ))}
      </ul>
    </>
  );
}

type File = { readonly path: string; readonly bytes: number | undefined };

/** What the error of a repository that holds several models lists. */
function filesOf({ details }: TamaError): readonly File[] {
  const sizes = String(details.bytes ?? '').split(', ');
  return String(details.files)
    .split(', ')
    .map((path, i) => ({ path, bytes: sizes[i] ? Number(sizes[i]) : undefined }));
}

/** A file of the repository that `hf:OWNER/REPO…@REVISION` names. */
function fileOf(reference: string, file: string): string {
  const [repository = ''] = /^hf:[^/]+\/[^/@]+/i.exec(reference) ?? [];
  const [revision = ''] = /@[^@]*$/.exec(reference) ?? [];
  return `${repository}/${file}${revision}`;
}
