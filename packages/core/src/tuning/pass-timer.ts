import type { GpuContext, Recording } from '@tama/kernels-wgsl';

/** Times recordings by timestamps, or by the clock around a submit where the adapter has none. */
export class PassTimer {
  readonly #device: GPUDevice;
  readonly #queries:
    | { readonly set: GPUQuerySet; readonly resolved: GPUBuffer; readonly readback: GPUBuffer }
    | undefined;

  constructor({ device, timestamps }: GpuContext) {
    this.#device = device;
    if (!timestamps) return;
    this.#queries = {
      set: device.createQuerySet({ type: 'timestamp', count: 2 }),
      resolved: device.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC }),
      readback: device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ }),
    };
  }

  /** Milliseconds that one run of the recording takes. Not a positive number where an adapter's timestamps are broken. */
  async time(recording: Recording): Promise<number> {
    const { queue } = this.#device;
    const encoder = this.#device.createCommandEncoder({ label: 'tuning' });
    const pass = encoder.beginComputePass(
      this.#queries
        ? { timestampWrites: { querySet: this.#queries.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } }
        : {},
    );
    recording.encode(pass);
    pass.end();
    if (!this.#queries) {
      const commands = encoder.finish();
      const start = performance.now();
      queue.submit([commands]);
      await queue.onSubmittedWorkDone();
      return performance.now() - start;
    }
    const { set, resolved, readback } = this.#queries;
    encoder.resolveQuerySet(set, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readback, 0, 16);
    queue.submit([encoder.finish()]);
    await readback.mapAsync(GPUMapMode.READ);
    const [begin, end] = new BigUint64Array(readback.getMappedRange());
    const milliseconds = Number(end! - begin!) / 1e6;
    readback.unmap();
    return milliseconds;
  }

  dispose(): void {
    this.#queries?.set.destroy();
    this.#queries?.resolved.destroy();
    this.#queries?.readback.destroy();
  }
}
