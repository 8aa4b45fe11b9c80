import { ShapeError } from '../errors.ts';
import { type CompileOptions, compileKernel } from '../kernel.ts';
import type { BufferSlice, Recorder } from '../recorder.ts';
import { sample } from '../sample/sample.ts';
import { sampleAdjust } from '../sample-adjust/sample-adjust.ts';
import { sampleGather } from '../sample-gather/sample-gather.ts';
import { sampleHistogram } from '../sample-histogram/sample-histogram.ts';
import { maximumVocabulary } from './sampling.ts';

/** Size of the `state` buffer: maxima; counts, deficits and masses of 1,024 bins; the plan; two words. */
export const sampleStateBytes = 4 * (256 + 2 * 1024 + 1025 + 8 + 2);

/** The four kernels of the sampler on one device. */
export type SampleKernels = Awaited<ReturnType<typeof compileSample>>;

export type SampleBuffers = {
  /** f32 [width]. Left as they are. */
  readonly logits: BufferSlice;
  /** {@link samplingWords}, of `samplingBytes`. */
  readonly sampling: BufferSlice;
  /** u32 [width], {@link seenWords}. */
  readonly seen: BufferSlice;
  /** Between the dispatches: f32 [width], pairs of u32 [width], {@link sampleStateBytes}. Nothing to initialise. */
  readonly adjusted: BufferSlice;
  readonly candidates: BufferSlice;
  readonly state: BufferSlice;
  readonly step: BufferSlice;
  readonly tokens: BufferSlice;
  /** u32 [ring] */
  readonly generated: BufferSlice;
};

/** @throws {ShaderCompileError} */
export async function compileSample(device: GPUDevice, options: CompileOptions) {
  const [adjust, histogram, gather, choose] = await Promise.all([
    compileKernel(device, sampleAdjust, options),
    compileKernel(device, sampleHistogram, options),
    compileKernel(device, sampleGather, options),
    compileKernel(device, sample, options),
  ]);
  return { adjust, histogram, gather, choose };
}

/** Records the sampler's four dispatches. `softcap` is what the logits still have to be capped with, or 0. @throws {ShapeError} when the vocabulary is too large. */
export function recordSample(
  recorder: Pick<Recorder, 'dispatch'>,
  { adjust, histogram, gather, choose }: SampleKernels,
  buffers: SampleBuffers,
  { width, softcap, ring }: { readonly width: number; readonly softcap: number; readonly ring: number },
): void {
  if (width > maximumVocabulary)
    throw new ShapeError('sample', {
      en: `${width} logits are more than ${maximumVocabulary}`,
      ja: `ロジットの数${width}が上限の${maximumVocabulary}を超えています`,
    });
  recorder.dispatch(adjust, buffers, { width, softcap });
  recorder.dispatch(histogram, buffers, { width });
  recorder.dispatch(gather, buffers, { width });
  recorder.dispatch(choose, buffers, { ring });
}
