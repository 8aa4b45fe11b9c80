import { isTamaError } from '@tama/errors';
import type { Fit } from '../engine-host.ts';

/** What the calculation that found a model too large proposes for the same files, if it does. */
export function fitOf(error: unknown): Fit | undefined {
  if (!isTamaError(error, 'model-too-large')) return undefined;
  const { proposedWeights, proposedContext, proposedType, context } = error.details;
  if (proposedType !== undefined || typeof proposedContext !== 'number') return undefined;
  const weights = proposedWeights === 'q8' || proposedWeights === 'q4' ? { weights: proposedWeights } : {};
  return { ...weights, ...(proposedContext === context ? {} : { context: proposedContext }) } as Fit;
}
