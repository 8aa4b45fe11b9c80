import { isTamaError } from '@tama/errors';
import type { Fit } from '../engine-host.ts';

/** What the calculation that found a model too large proposes for the same files, if it does. */
export function fitOf(error: unknown): Fit | undefined {
  if (!isTamaError(error, 'model-too-large')) return undefined;
  const { proposedWeights, proposedContext, proposedType, context } = error.details;
  if (proposedType !== undefined || typeof proposedContext !== 'number') return undefined;
  return readFit({
    weights: proposedWeights,
    context: proposedContext === context ? undefined : proposedContext,
  });
}

export type Fits = Readonly<Record<string, Fit>>;
type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
const key = 'tama.fits';

/** How each stored model is to be loaded, by source, as an earlier visit left it. */
export function readFits(storage: KeyValueStorage | undefined): Fits {
  try {
    const kept: Record<string, unknown> = JSON.parse(storage?.getItem(key) ?? 'null') ?? {};
    return Object.fromEntries(
      Object.entries(kept).flatMap(([source, value]) => {
        const fit = readFit(value);
        return fit ? [[source, fit]] : [];
      }),
    );
  } catch {
    return {};
  }
}

export function writeFits(storage: KeyValueStorage | undefined, fits: Fits): void {
  try {
    if (Object.keys(fits).length > 0) storage?.setItem(key, JSON.stringify(fits));
    else storage?.removeItem(key);
  } catch {
    // A full or forbidden store: it holds for this visit.
  }
}

/** From stored JSON of any age. */
export function readFit(value: unknown): Fit | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { weights, context } = value as Record<string, unknown>;
  const fit: Fit = {
    ...(weights === 'q8' || weights === 'q4' ? { weights } : {}),
    ...(Number.isInteger(context) && (context as number) > 0 ? { context: context as number } : {}),
  };
  return Object.keys(fit).length > 0 ? fit : undefined;
}
