import { pitchOf } from '../activation.ts';
import { GpuMemory } from '../gpu-memory.ts';
import { Recorder } from '../recorder.ts';
import { sample } from '../sample/sample.ts';
import { sampleAdjust } from '../sample-adjust/sample-adjust.ts';
import { sampleGather } from '../sample-gather/sample-gather.ts';
import { sampleHistogram } from '../sample-histogram/sample-histogram.ts';
import {
  compileSample,
  recordSample,
  type SampleBuffers,
  type SampleKernels,
  sampleStateBytes,
} from '../sampling/record-sample.ts';
import { type SamplingOptions, samplingBytes, samplingWords } from '../sampling/sampling.ts';
import { readBuffer, runKernel, testGpu } from './gpu.ts';

export type Draws = {
  readonly logits: ArrayLike<number>;
  readonly options: SamplingOptions;
  readonly seen?: Uint32Array<ArrayBuffer>;
  /** Position of the first token. */
  readonly position?: number;
  readonly count: number;
  /** Steps in one submit. */
  readonly queued?: number;
};

let kernels: Promise<SampleKernels> | undefined;

/** The sampler alone: every step draws from the same logits. */
export async function testSampler(width: number, ring: number) {
  const { device } = await testGpu();
  kernels ??= compileSample(device, { features: { f16: false, subgroups: false } });
  const memory = new GpuMemory(device, 'sampler test');
  const buffers = {
    logits: memory.storage('logits', 4 * pitchOf(width)),
    sampling: memory.storage('sampling', samplingBytes),
    seen: memory.storage('seen', 4 * width),
    adjusted: memory.storage('adjusted', 4 * width),
    candidates: memory.storage('candidates', 8 * width),
    state: memory.storage('state', sampleStateBytes),
    step: memory.storage('step', 16),
    tokens: memory.storage('tokens', 4),
    generated: memory.storage('generated', 4 * ring),
  } satisfies SampleBuffers;
  const recorder = new Recorder(device, 'sampler test');
  recordSample(recorder, await kernels, buffers, { width, softcap: 0, ring });
  const recording = recorder.finish();

  /** The drawn ids, and what was left in `step`, `tokens` and `seen`. */
  async function draw({ logits, options, seen, position = 1, count, queued = 256 }: Draws) {
    const padded = new Float32Array(pitchOf(width)).fill(1000); // the padding must not be read
    padded.set(logits);
    device.queue.writeBuffer(buffers.logits, 0, padded);
    device.queue.writeBuffer(buffers.sampling, 0, samplingWords(options));
    device.queue.writeBuffer(buffers.seen, 0, seen ?? new Uint32Array(width));
    device.queue.writeBuffer(buffers.step, 0, Uint32Array.of(position - 1, 1, 0, 0));
    for (let done = 0; done < count; done += queued) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (let i = done; i < Math.min(done + queued, count); i++) recording.encode(pass);
      pass.end();
      device.queue.submit([encoder.finish()]);
    }
    const words = async (buffer: GPUBuffer) => new Uint32Array(await readBuffer(device, buffer));
    return {
      ids: (await words(buffers.generated)).slice(0, count),
      step: await words(buffers.step),
      tokens: await words(buffers.tokens),
      seen: (await words(buffers.seen)).slice(0, width),
    };
  }

  return {
    draw,
    dispose: () => {
      recording.dispose();
      memory.dispose();
    },
  };
}

/**
 * One step, each dispatch alone with guard regions behind its buffers, and what each of them left. Starts from buffers
 * full of garbage.
 */
export async function sampleGuarded(
  logits: Float32Array<ArrayBuffer>,
  options: SamplingOptions & { readonly softcap?: number },
  seen?: Uint32Array,
) {
  const width = logits.length;
  const garbage = (words: number) => new Uint32Array(words).fill(0xdead_beef);
  const sampling = samplingWords(options);
  const features = { features: { f16: false, subgroups: false } };
  const adjust = await runKernel(
    sampleAdjust,
    features,
    {
      logits,
      seen: seen?.slice() ?? new Uint32Array(width),
      sampling,
      adjusted: new Float32Array(width).fill(7),
      state: garbage(sampleStateBytes / 4),
    },
    { width, softcap: options.softcap ?? 0 },
  );
  const adjusted = adjust.adjusted as Float32Array<ArrayBuffer>;
  const histogram = await runKernel(sampleHistogram, features, { adjusted, sampling, state: adjust.state }, { width });
  const gather = await runKernel(
    sampleGather,
    features,
    { adjusted, sampling, step: Uint32Array.of(90, 9, 5, 0), state: histogram.state, candidates: garbage(2 * width) },
    { width },
  );
  const chosen = await runKernel(
    sample,
    features,
    {
      sampling,
      candidates: gather.candidates,
      state: gather.state,
      seen: seen?.slice() ?? new Uint32Array(width),
      step: Uint32Array.of(90, 9, 5, 0),
      tokens: garbage(1),
      generated: garbage(4),
    },
    { ring: 4 },
  );
  return {
    adjusted,
    adjust: sampleStateView(adjust.state),
    histogram: sampleStateView(histogram.state),
    gather: sampleStateView(gather.state),
    candidates: gather.candidates.slice(0, 2 * sampleStateView(gather.state).candidates),
    step: chosen.step,
    id: chosen.generated[5 % 4]!,
    /** Position of the token. */
    position: 99,
  };
}

const bins = 1024;

/** The fields of the sampler's `state` buffer. */
function sampleStateView(words: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) {
  const integers = new Uint32Array(words.buffer);
  const floats = new Float32Array(words.buffer);
  const [maxima, counts, deficits, masses, plan] = [0, 256, 256 + bins, 256 + 2 * bins, 257 + 3 * bins] as const;
  const planned = (field: number) => integers[plan + field]!;
  return {
    maxima: integers.subarray(maxima, counts),
    counts: integers.subarray(counts, deficits),
    deficits: integers.subarray(deficits, masses),
    masses: floats.subarray(masses, plan),
    draw: floats[plan]!,
    tokens: planned(1),
    rankBin: planned(2),
    rankBefore: planned(3),
    cutLow: planned(4),
    cutHigh: planned(5),
    drawLow: planned(6),
    drawHigh: planned(7),
    maximum: floats[plan + 8]!,
    candidates: planned(9),
  };
}
