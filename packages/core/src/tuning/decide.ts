import type { GpuContext } from '@tama/kernels-wgsl';
import { type Choices, keepChoices, readChoices } from './choices.ts';
import { type Constants, sameConstants, type Variant } from './measure-runs.ts';
import type { TuningStore } from './tuning-store.ts';

/**
 * `auto` uses what was measured before on this adapter, and measures once where results can be kept and the adapter has
 * timestamps and is not a software one. `now` measures again, anywhere. `off` uses the defaults.
 */
export type TuningMode = 'auto' | 'off' | 'now';

export type TuningOptions = { readonly mode: TuningMode; readonly store: TuningStore | undefined };

export type Question = {
  /** Of what is kept: see {@link choiceKey}. */
  readonly key: string;
  readonly candidates: readonly Constants[];
  /** The default first. */
  readonly measure: () => Promise<readonly Variant[]>;
};

/** The variants are empty where the choice was kept. */
export type Answer = { readonly constants: Constants; readonly variants: readonly Variant[] };

/** A variant must be faster than the default by more than timings vary. */
const worthwhile = 0.95;

/**
 * One answer a question: what was chosen before, else the fastest of what is measured now, which is kept. None where
 * nothing may be measured, or a measurement fails.
 */
export async function decide(
  { info, timestamps }: GpuContext,
  { mode, store }: TuningOptions,
  questions: readonly Question[],
): Promise<(Answer | undefined)[]> {
  // By the clock a submit takes a browser milliseconds, and differently so each time: that would choose by chance, for good.
  const worthMeasuring = store !== undefined && timestamps && !info.isFallbackAdapter;
  const mayMeasure = mode === 'now' || (mode === 'auto' && worthMeasuring);
  const known = await readChoices(store);
  const fresh: Record<string, Constants> = {};
  const answers: (Answer | undefined)[] = [];
  for (const question of questions) {
    const kept = mode === 'auto' ? choiceIn(known, question) : undefined;
    const variants = kept || !mayMeasure ? [] : await question.measure().catch(() => []);
    const constants = kept ?? fastest(variants);
    if (constants && !kept) fresh[question.key] = constants;
    answers.push(constants && { constants, variants });
  }
  if (Object.keys(fresh).length === 0) return answers;
  const kept = await keepChoices(store, known, fresh);
  if (!kept && mode === 'auto') return questions.map(() => undefined);
  // Another load may have measured at the same time: who was first has chosen for all.
  return answers.map(
    (answer, i) => answer && { ...answer, constants: choiceIn(kept, questions[i]!) ?? answer.constants },
  );
}

const choiceIn = (choices: Choices | undefined, { key, candidates }: Question): Constants | undefined =>
  candidates.find((one) => sameConstants(one, choices?.[key] ?? {}));

function fastest(variants: readonly Variant[]): Constants | undefined {
  const [standard, ...others] = variants;
  if (!standard) return undefined;
  const best = others
    .filter(({ milliseconds }) => milliseconds > 0)
    .reduce((a, b) => (b.milliseconds < a.milliseconds ? b : a), standard);
  return (best.milliseconds < worthwhile * standard.milliseconds ? best : standard).constants;
}
