import { noToken } from '../argmax/argmax.ts';
import { reachLimit, type SamplingOptions } from './sampling.ts';
import { uniformAt } from './uniform.ts';

/** The tokens that can be drawn, most likely first, equal ones by id. */
export type TokenDistribution = {
  readonly ids: readonly number[];
  readonly probabilities: readonly number[];
};

/**
 * The definition of the sampler: probabilities in f64. The order of the tokens is that of f32 numbers as the kernels
 * have them, each step rounded, since at a cut the order decides which token is kept.
 *
 * @param seen as {@link seenWords} makes it; none if absent.
 */
export function samplingDistribution(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  seen?: Uint32Array,
): TokenDistribution {
  const { temperature = 1, topK = 0, topP = 1, minP = 0 } = options;
  const adjusted = adjustedLogits(logits, options, seen);
  const inverseTemperature = Math.fround(temperature === 0 ? 1 : 1 / temperature);
  const reach = minP === 0 ? reachLimit : Math.fround(Math.min(-Math.log(minP), reachLimit));
  let largest = -Infinity;
  for (const logit of adjusted) largest = Math.max(largest, logit);

  let tokens: { readonly id: number; readonly gap: number; readonly distance: number }[] = [];
  for (const [id, logit] of adjusted.entries()) {
    const gap = Math.fround(largest - logit);
    const distance = Math.fround(gap * inverseTemperature);
    if (distance < reachLimit) tokens.push({ id, gap, distance });
  }
  tokens.sort((a, b) => a.gap - b.gap || a.id - b.id);

  const kept = temperature === 0 ? 1 : topK;
  if (kept > 0) tokens = tokens.slice(0, kept);
  const mass = tokens.reduce((sum, { distance }) => sum + Math.exp(-distance), 0);
  if (topP < 1) {
    let before = 0;
    tokens = tokens.filter(({ distance }) => {
      const keep = before <= Math.fround(topP) * mass;
      before += Math.exp(-distance);
      return keep;
    });
  }
  tokens = tokens.filter(({ distance }) => distance <= reach);

  const masses = tokens.map(({ distance }) => Math.exp(-distance));
  const total = masses.reduce((sum, one) => sum + one, 0);
  return { ids: tokens.map(({ id }) => id), probabilities: masses.map((one) => one / total) };
}

/** The token of `position` by the definition, or `noToken` if there is none to draw. */
export function sampleReference(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  position: number,
  seen?: Uint32Array,
): number {
  const { ids, probabilities } = samplingDistribution(logits, options, seen);
  let left = uniformAt(options.seed ?? 0, position);
  for (const [i, probability] of probabilities.entries()) {
    if (left < probability) return ids[i]!;
    left -= probability;
  }
  return ids.at(-1) ?? noToken;
}

/** Logits after bias and penalties; -Infinity for what cannot be chosen. */
export function adjustedLogits(logits: ArrayLike<number>, options: SamplingOptions, seen?: Uint32Array): Float64Array {
  const { repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0, logitBias } = options;
  const round = Math.fround;
  return Float64Array.from({ length: logits.length }, (_, id) => {
    if (Number.isNaN(logits[id]!)) return -Infinity;
    const logit = round(Math.min(logits[id]!, most) + round(logitBias?.get(id) ?? 0));
    if (logit < -most) return -Infinity;
    const word = seen?.[id] ?? 0;
    if (word === 0) return logit;
    const times = word & 0x7fff_ffff;
    const repeated = round(logit * round(logit > 0 ? 1 / repetitionPenalty : repetitionPenalty));
    if (times === 0) return repeated;
    return round(repeated - round(round(presencePenalty) + round(round(frequencyPenalty) * times)));
  });
}

// Larger logits count as this, lower ones than its negative as impossible, so that f32 never overflows.
const most = 1e30;
