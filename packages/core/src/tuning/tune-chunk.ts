import { type GpuContext, GpuMemory, Recorder } from '@tama/kernels-wgsl';
import { forward } from '../gemma2/forward.ts';
import { GpuOps, type GpuState } from '../gemma2/gpu-ops.ts';
import type { GpuMatrix } from '../gemma2/gpu-weights.ts';
import type { Gemma2Weights } from '../gemma2/weights.ts';
import { choiceKey } from './choices.ts';
import { type Answer, decide, type TuningOptions } from './decide.ts';
import type { Variant } from './measure-runs.ts';
import { PassTimer } from './pass-timer.ts';
import type { TunedKernel } from './tune-kernels.ts';

/** The rows of a prefill chunk as tuning chose them. Milliseconds are those of a row in two layers. */
export type TunedChunk = Answer & { readonly kernel: 'prefill chunk' };

/** What tuning has chosen. */
export type Tuned = TunedKernel | TunedChunk;

/** A chunk of more milliseconds would keep an abort waiting, and whatever else the GPU has to draw. */
const longest = 250;
/** Of the layers, a local one and a global one are timed. */
const timedLayers = 2;

/**
 * Chooses the rows of a prefill chunk by the time that a row takes: a GPU of many cores has work for all of them only in a
 * large chunk. Kept as {@link tuneKernels} keeps its choices. What the timed chunks leave in the KV cache is nobody's.
 *
 * @param sizes the rows to choose among, ascending, the default first
 */
export async function tuneChunk(
  gpu: GpuContext,
  state: GpuState,
  weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
  sizes: readonly number[],
  tuning: TuningOptions,
): Promise<TunedChunk | undefined> {
  if (tuning.mode === 'off' || sizes.length < 2) return undefined;
  const { hiddenSize, intermediateSize, layers } = state.config;
  const question = {
    key: await choiceKey(
      gpu,
      [],
      `prefill chunk ${sizes.join('/')} ${layers} layers ${hiddenSize}x${intermediateSize}`,
    ),
    candidates: sizes.map((ROWS) => ({ ROWS })),
    measure: () => measureChunks(gpu, state, weights, sizes),
  };
  const [answer] = await decide(gpu, tuning, [question]);
  return answer && { kernel: 'prefill chunk', ...answer };
}

/** Milliseconds of a row in the timed layers, for one size after another until a chunk takes too long. */
async function measureChunks(
  gpu: GpuContext,
  state: GpuState,
  weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
  sizes: readonly number[],
): Promise<Variant[]> {
  const timed = { ...weights, layers: weights.layers.slice(0, timedLayers) };
  const share = timed.layers.length / weights.layers.length;
  const timer = new PassTimer(gpu);
  const variants: Variant[] = [];
  try {
    for (const rows of sizes) {
      const milliseconds = await timeOf(gpu, timer, state, timed, rows);
      if (!(milliseconds > 0)) break;
      if (variants.length > 0 && milliseconds > longest * share) break;
      variants.push({ constants: { ROWS: rows }, milliseconds: milliseconds / rows });
      if (2 * milliseconds > longest * share) break;
    }
    return variants;
  } finally {
    timer.dispose();
  }
}

async function timeOf(
  gpu: GpuContext,
  timer: PassTimer,
  state: GpuState,
  weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
  rows: number,
): Promise<number> {
  const memory = new GpuMemory(gpu.device, 'tuning');
  try {
    const recording = await memory.check('activations', () => {
      const recorder = new Recorder(gpu.device, 'tuning');
      const ops = new GpuOps({ ...state, memory, activations: new Map() }, recorder, rows);
      forward(ops, weights, state.config, 'none');
      return recorder.finish();
    });
    gpu.device.queue.writeBuffer(state.step, 0, Uint32Array.of(0, rows, 0, 0));
    await timer.time(recording); // The first run touches new memory.
    const milliseconds = await timer.time(recording);
    recording.dispose();
    return milliseconds;
  } finally {
    memory.dispose();
  }
}
