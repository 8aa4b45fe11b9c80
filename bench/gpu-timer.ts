import { type BufferSlice, type GpuContext, type Kernel, Recorder, type Recording } from '@tama/kernels-wgsl';
import { PassTimer } from '../packages/core/src/tuning/pass-timer.ts';

/** Of one timing: starting a pass takes a GPU microseconds, as long as a short dispatch. */
const wantedMilliseconds = 3;
const mostDispatches = 512;

/** Times dispatches by timestamp queries, or by the clock around a submit where an adapter has none. */
export class GpuTimer {
  readonly clock: 'timestamps' | 'wall time';
  readonly #device: GPUDevice;
  readonly #timer: PassTimer;

  constructor(context: GpuContext) {
    this.clock = context.timestamps ? 'timestamps' : 'wall time';
    this.#device = context.device;
    this.#timer = new PassTimer(context);
  }

  /**
   * Milliseconds of a dispatch, the least of some rounds. A short one runs many times a round. 0 where the clock does not
   * go on.
   *
   * @param buffersOf run `i`: those of other runs may be in a cache
   */
  async least<P extends Readonly<Record<string, number>>, B extends string>(
    kernel: Kernel<P, B>,
    buffersOf: (i: number) => Readonly<Record<NoInfer<B>, BufferSlice>>,
    params: NoInfer<P>,
    rounds: number,
  ): Promise<number> {
    let runs = 0;
    const record = (count: number): Recording => {
      const recorder = new Recorder(this.#device, kernel.label);
      for (let i = 0; i < count; i++) recorder.dispatch(kernel, buffersOf(runs++), params);
      return recorder.finish();
    };
    const time = async (count: number): Promise<number> => {
      const recording = record(count);
      const milliseconds = await this.#timer.time(recording);
      recording.dispose();
      return milliseconds / count;
    };
    await time(1); // The first run touches new memory.
    const single = await time(1);
    const count = Math.min(mostDispatches, Math.max(1, Math.ceil(wantedMilliseconds / single) || 1));
    const times = count === 1 ? [single] : [];
    while (times.length < rounds) times.push(await time(count));
    return Math.min(...times);
  }
}
