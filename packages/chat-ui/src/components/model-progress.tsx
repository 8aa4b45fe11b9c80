import type { ModelState } from '../chat/model-loader.ts';
import { formatBytes } from '../i18n/format.ts';
import { Jewel } from './jewel.tsx';
import { useMessages } from './preferences.tsx';

type Loading = Extract<ModelState, { readonly phase: 'checking' | 'loading' }>;

/** 0 to 1; undefined while nobody knows. */
export function fractionOf(model: ModelState): number | undefined {
  if (model.phase === 'checking') return 0;
  if (model.phase !== 'loading') return undefined;
  const { loadedBytes, totalBytes } = model.progress;
  return totalBytes > 0 ? Math.min(1, loadedBytes / totalBytes) : 0;
}

export function ModelProgress({ model }: { readonly model: Loading }) {
  const t = useMessages().model;
  const fraction = fractionOf(model) ?? 0;
  const { loadedBytes, totalBytes } = model.phase === 'loading' ? model.progress : { loadedBytes: 0, totalBytes: 0 };
  const text = model.phase === 'checking' ? t.checking : t.phase[model.progress.phase];
  return (
    <div
      className="tama-progress"
      role="progressbar"
      aria-label={text}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(fraction * 100)}
    >
      <Jewel state="working" progress={fraction} />
      <span>
        {text}
        {totalBytes > 0 ? <small>{t.amount(formatBytes(loadedBytes), formatBytes(totalBytes))}</small> : null}
      </span>
    </div>
  );
}
