import { type Engine, loadGemma, type ModelInfo, type TuningMode } from '@tama/core';
import { nodePath, nodeTuningStore } from '@tama/core/node';
import { type Ceilings, productCeiling } from './ceilings.ts';
import { percent, type Row } from './report.ts';
import { UsageError } from './usage.ts';

export type ModelOptions = {
  readonly gpu: GPU;
  readonly device: 'auto' | 'f32';
  readonly tuning: TuningMode;
  /** Tokens of the prompts; where the context has no room for one, as many as fit. */
  readonly lengths: readonly number[];
  /** Tokens that are decoded after each. */
  readonly decode: number;
  /** Generations of each length: the fastest counts, since what is left of noise only ever adds. */
  readonly rounds: number;
  /** Of the adapter. */
  readonly ceilings: Ceilings;
};

export type ModelRates = { readonly facts: Row; readonly lengths: readonly Row[] };

type Run = { readonly prefillMs: number; readonly decodeMs: number; readonly decoded: number };

/** How fast a model loads and runs: the first time on `gpu`, when nothing is compiled, and again. */
export async function measureModel(path: string, options: ModelOptions): Promise<ModelRates> {
  const load = async () =>
    loadGemma(await nodePath(path), {
      gpu: options.gpu,
      device: options.device,
      tuning: options.tuning,
      tuningStore: nodeTuningStore(),
    });
  const shortest = 16;
  let began = performance.now();
  const first = await load();
  const loadMs = performance.now() - began;
  await generate(first, shortest, 1, 0);
  const coldMs = performance.now() - began;
  await first.close();

  began = performance.now();
  const engine = await load();
  const secondLoadMs = performance.now() - began;
  const { info, model } = engine;
  await generate(engine, shortest, 8, 0);

  const lengths: Row[] = [];
  const longest = info.contextLength - options.decode;
  if (longest < 1)
    throw new UsageError(`--decode ${options.decode} leaves no room for a prompt in ${info.contextLength} tokens`);
  const most = productCeiling(options.ceilings);
  let prompts = 0;
  for (const prompt of new Set(options.lengths.map((length) => Math.min(length, longest)))) {
    const runs: Run[] = [];
    // A long prompt takes long enough to be measured once.
    const rounds = prompt >= 2048 ? 1 : options.rounds;
    for (let round = 0; round < rounds; round++) runs.push(await generate(engine, prompt, options.decode, ++prompts));
    const least = (key: keyof Run) => Math.min(...runs.map((run) => run[key]));
    const prefilled = (1000 * prompt) / least('prefillMs');
    const tokensPerSecond = (1000 * least('decoded')) / least('decodeMs');
    const bytes = info.weightBytes + cacheBytesRead(info, prompt + options.decode / 2);
    lengths.push({
      prompt,
      'prefill tok/s': prefilled,
      [`prefill of ${most.name}`]: percent((prefilled * productFlops(info)) / 1e9 / most.gigaflops),
      'first token ms, warm': least('prefillMs'),
      'decode tok/s': tokensPerSecond,
      // A step reads every weight once; the cache comes on top.
      'decode GB/s of weights': (tokensPerSecond * info.weightBytes) / 1e9,
      'decode of copy': percent((tokensPerSecond * bytes) / 1e9 / options.ceilings.gigabytesPerSecond),
    });
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  const facts = {
    model: info.name,
    device: options.device,
    parameters: info.parameters,
    'load ms': loadMs,
    'load ms, second': secondLoadMs,
    'first token ms, cold': coldMs,
    'dispatches a token': model.dispatches(1).length,
    'weight bytes': info.weightBytes,
    'KV bytes': info.cacheBytes,
    'work bytes': model.bytes - info.weightBytes - info.cacheBytes,
  };
  await engine.close();
  return { facts, lengths };
}

/** Of a token's products with the weights of all layers. The head is for the last token alone; attention comes on top. */
const productFlops = ({ parameters, config }: ModelInfo): number =>
  2 * (parameters - config.vocabularySize * config.hiddenSize);

/** Of the keys and values that a step reads with so many tokens in the cache. */
function cacheBytesRead({ config, adapter }: ModelInfo, tokens: number): number {
  const { layers, kvHeads, headDim, slidingWindow } = config;
  const local = Math.ceil(layers / 2);
  const keys = local * Math.min(tokens, slidingWindow) + (layers - local) * tokens;
  return 2 * keys * kvHeads * headDim * (adapter.f16 ? 2 : 4);
}

/** One generation of `decode` tokens after a prompt of random tokens, of which nothing is cached. */
async function generate(engine: Engine, prompt: number, decode: number, seed: number): Promise<Run> {
  const tokens = randomPrompt(prompt, seed);
  for await (const event of engine.generate({ tokens }, { maxTokens: decode, ignoreEos: true })) {
    if (event.type === 'finish') {
      const { prefillMs, decodeMs, cachedTokens } = event.usage;
      if (cachedTokens > 0) throw new Error(`${cachedTokens} tokens of ${prompt} were cached`);
      return { prefillMs, decodeMs, decoded: event.ids.length - 1 };
    }
  }
  throw new Error('no finish event');
}

/** Ids of ordinary pieces that every vocabulary has, different from the first on for every seed. */
export const randomPrompt = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => (i === 0 ? seed : (seed * 7919 + i * 104_729) % 500) + 500);
