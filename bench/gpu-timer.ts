import { type BufferSlice, type GpuContext, type Kernel, Recorder } from '@tama/kernels-wgsl';

/** A dispatch that is ready to be timed. */
export type Timed = {
  /** Milliseconds of each of `rounds` runs, after one that is not counted. */
  readonly measure: (rounds: number) => Promise<number[]>;
  readonly dispose: () => void;
};

export const least = (values: readonly number[]): number => Math.min(...values);

/** Times single dispatches by timestamp queries, or by the clock around a submit where an adapter has none. */
export class GpuTimer {
  readonly clock: 'timestamps' | 'wall time';
  readonly #device: GPUDevice;
  readonly #querySet: GPUQuerySet | undefined;

  constructor({ device, timestamps }: GpuContext) {
    this.#device = device;
    this.clock = timestamps ? 'timestamps' : 'wall time';
    this.#querySet = timestamps ? device.createQuerySet({ type: 'timestamp', count: 2 }) : undefined;
  }

  prepare<P extends Readonly<Record<string, number>>, B extends string>(
    kernel: Kernel<P, B>,
    buffers: Readonly<Record<NoInfer<B>, BufferSlice>>,
    params: NoInfer<P>,
  ): Timed {
    const recorder = new Recorder(this.#device, kernel.label);
    recorder.dispatch(kernel, buffers, params);
    const recording = recorder.finish();
    const run = async (): Promise<number> => {
      const encoder = this.#device.createCommandEncoder();
      if (this.#querySet) {
        recording.encodeTimed(encoder, this.#querySet);
        return await this.#submitTimed(encoder, this.#querySet);
      }
      const pass = encoder.beginComputePass();
      recording.encode(pass);
      pass.end();
      const commands = encoder.finish();
      const start = performance.now();
      this.#device.queue.submit([commands]);
      await this.#device.queue.onSubmittedWorkDone();
      return performance.now() - start;
    };
    return {
      measure: async (rounds) => {
        const times = [];
        for (let round = 0; round <= rounds; round++) times.push(await run());
        return times.slice(1);
      },
      dispose: () => recording.dispose(),
    };
  }

  async #submitTimed(encoder: GPUCommandEncoder, querySet: GPUQuerySet): Promise<number> {
    const [resolved, readback] = [
      GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    ].map((usage) => this.#device.createBuffer({ size: 16, usage })) as [GPUBuffer, GPUBuffer];
    encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readback, 0, 16);
    this.#device.queue.submit([encoder.finish()]);
    await readback.mapAsync(GPUMapMode.READ);
    const [begin, end] = new BigUint64Array(readback.getMappedRange());
    const milliseconds = Number(end! - begin!) / 1e6;
    for (const buffer of [resolved, readback]) buffer.destroy();
    return milliseconds;
  }
}
