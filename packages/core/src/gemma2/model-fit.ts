import { type CheckpointTensor, rowWidth } from '../checkpoint/checkpoint.ts';
import { rowBytes } from '../checkpoint/encoding.ts';
import { gemma2Tensors } from '../checkpoint/gemma2-tensors.ts';
import { canQuantise, type LoadedWeights, loadedWeights } from '../convert/quantised-tensors.ts';
import { matrixEncoding, type WeightType } from '../convert/weight-types.ts';
import { ModelTooLargeError } from './model-too-large-error.ts';
import { defaultLimits, type MemoryPlan, type PlanOptions, planModel } from './plan.ts';
import type { BufferLimits, ModelFacts } from './planned-weights.ts';

export type FitOptions = PlanOptions & {
  /** Bytes of graphics memory that the model may take, where the caller knows. */
  readonly memoryBudget?: number | undefined;
};

/** What would fit: the same model with a smaller context, quantised while it is loaded, or as a file of a smaller type. */
export type Proposal = {
  readonly context: number;
  readonly weights?: LoadedWeights;
  readonly type?: WeightType;
  readonly totalBytes: number;
};

/** What makes a chat of any length, of a few turns, of one. A smaller type is worth more than a context below these. */
const enoughContexts = [4096, 2048, 1024] as const;
const SMALLEST_CONTEXT = 512;
const CONTEXT_STEP = 256;
/** Types to propose, the best first. */
const proposedTypes: readonly WeightType[] = ['q8_0', 'q6_k', 'q5_k_m', 'q4_k_m', 'q4_0'];

/**
 * Plans a model and makes sure that it fits: no buffer beyond the adapter's limits, all of them within the budget.
 *
 * @throws {ModelTooLargeError} with what would fit, if anything does
 */
export async function fitModel(name: string, facts: ModelFacts, options: FitOptions): Promise<MemoryPlan> {
  const plan = await planModel(facts, options);
  if (fits(plan, options)) return plan;
  throw new ModelTooLargeError(name, plan, {
    budget: options.memoryBudget,
    bufferLimit: bufferLimit(options.limits),
    proposal: await propose(facts, options, plan),
  });
}

const bufferLimit = (limits: BufferLimits = defaultLimits): number =>
  Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);

const fits = (plan: MemoryPlan, { memoryBudget = Number.POSITIVE_INFINITY, limits }: FitOptions): boolean =>
  plan.totalBytes <= memoryBudget && plan.largestBuffer.bytes <= bufferLimit(limits);

/**
 * The model as it is with less context, the same file quantised while it is loaded, or the best type of it, whichever
 * comes first that leaves enough context.
 */
async function propose(facts: ModelFacts, options: FitOptions, plan: MemoryPlan): Promise<Proposal | undefined> {
  const candidates: Proposal[] = [];
  const asItIs = await largestFittingContext(facts, options);
  if (asItIs) candidates.push(asItIs);
  const consider = async (smaller: ModelFacts, options: FitOptions, as: Pick<Proposal, 'weights' | 'type'>) => {
    const { weightBytes } = await planModel(smaller, options);
    const found = weightBytes < plan.weightBytes ? await largestFittingContext(smaller, options) : undefined;
    if (found) candidates.push({ ...found, ...as });
  };
  if (canQuantise(facts)) {
    for (const weights of loadedWeights) await consider(facts, { ...options, weights }, { weights });
  }
  for (const type of proposedTypes) await consider(inType(facts, type), { ...options, weights: undefined }, { type });
  for (const enough of enoughContexts) {
    const found = candidates.find(({ context }) => context >= Math.min(enough, options.context));
    if (found) return found;
  }
  return candidates[0];
}

async function largestFittingContext(facts: ModelFacts, options: FitOptions): Promise<Proposal | undefined> {
  const planAt = (context: number) =>
    planModel(facts, { ...options, context, prefillChunk: Math.min(options.prefillChunk, context) });
  const wanted = await planAt(options.context);
  if (fits(wanted, options)) return { context: options.context, totalBytes: wanted.totalBytes };
  let best: Proposal | undefined;
  // Memory grows with the context: halve the interval between what fits and what does not.
  let [low, high] = [SMALLEST_CONTEXT / CONTEXT_STEP, Math.ceil(options.context / CONTEXT_STEP) - 1];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const context = middle * CONTEXT_STEP;
    const plan = await planAt(context);
    if (fits(plan, options)) {
      best = { context, totalBytes: plan.totalBytes };
      low = middle + 1;
    } else high = middle - 1;
  }
  return best;
}

/** The same model as a file of another type would have it. */
function inType({ config, tensors }: ModelFacts, type: WeightType): ModelFacts {
  const { layers } = config;
  const places = new Map(
    gemma2Tensors(config).map(({ name, role, layer }) => [name, { role, layer, layers }] as const),
  );
  const retyped = [...tensors].map(([name, tensor]): [string, CheckpointTensor] => {
    if (tensor.shape.length === 1) return [name, tensor];
    const width = rowWidth(tensor);
    const encoding = matrixEncoding(type, places.get(name) ?? { role: 'head', layers }, width);
    return [name, { ...tensor, encoding, rowBytes: rowBytes(encoding, width) }];
  });
  return { config, tensors: new Map(retyped) };
}
