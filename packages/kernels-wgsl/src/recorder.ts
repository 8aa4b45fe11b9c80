import { LimitError } from './errors.ts';
import { type Kernel, writeParams } from './kernel.ts';

/** A buffer, or a part of one. Offsets are multiples of 256 bytes. */
export type BufferSlice = GPUBuffer | { readonly buffer: GPUBuffer; readonly offset: number; readonly size: number };

type Dispatch = {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
};

type Pending = {
  readonly kernel: Kernel<never, string>;
  readonly buffers: Readonly<Record<string, BufferSlice>>;
  readonly params: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
};

/**
 * Collects dispatches once; the {@link Recording} it makes replays them without any allocation or write. What changes
 * from replay to replay lives in storage buffers that the shaders read, never in `Params`.
 */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #label: string;
  readonly #pending: Pending[] = [];

  constructor(device: GPUDevice, label: string) {
    this.#device = device;
    this.#label = label;
  }

  /** @throws {LimitError} when the workgroup count exceeds the device's limit. */
  dispatch<P extends Readonly<Record<string, number>>, B extends string>(
    kernel: Kernel<P, B>,
    buffers: Readonly<Record<NoInfer<B>, BufferSlice>>,
    params: NoInfer<P>,
  ): void {
    const [x, y = 1, z = 1] = kernel.spec.workgroups(params, kernel.constants);
    const limit = this.#device.limits.maxComputeWorkgroupsPerDimension;
    const most = Math.max(x, y, z);
    if (most > limit) throw new LimitError(`maxComputeWorkgroupsPerDimension (${kernel.label})`, limit, most);
    this.#pending.push({ kernel: kernel as unknown as Kernel<never, string>, buffers, params, workgroups: [x, y, z] });
  }

  /** Makes the uniform buffer and the bind groups of everything dispatched so far. */
  finish(): Recording {
    const alignment = this.#device.limits.minUniformBufferOffsetAlignment;
    let size = 0;
    const offsets = this.#pending.map(({ kernel }) => {
      const offset = size;
      size = Math.ceil((size + kernel.spec.layout.size) / alignment) * alignment;
      return offset;
    });
    const uniforms = this.#device.createBuffer({
      label: `${this.#label} params`,
      size: Math.max(size, alignment),
      usage: GPUBufferUsage.UNIFORM,
      mappedAtCreation: true,
    });
    const view = new DataView(uniforms.getMappedRange());
    this.#pending.forEach(({ kernel, params }, index) => {
      writeParams(kernel.spec.layout, params, view, offsets[index]!);
    });
    uniforms.unmap();
    const dispatches = this.#pending.map(({ kernel, buffers, workgroups }, index): Dispatch => {
      const { layout, bindings } = kernel.spec;
      const entries = Object.entries(bindings).map(([name, { binding }]) => {
        const slice = buffers[name]!;
        return { binding, resource: 'buffer' in slice ? slice : { buffer: slice } };
      });
      entries.push({
        binding: layout.binding,
        resource: { buffer: uniforms, offset: offsets[index]!, size: layout.size },
      });
      return {
        label: kernel.label,
        pipeline: kernel.pipeline,
        bindGroup: this.#device.createBindGroup({ label: kernel.label, layout: kernel.bindGroupLayout, entries }),
        workgroups,
      };
    });
    return new Recording(dispatches, uniforms);
  }
}

/** A fixed list of dispatches. */
export class Recording {
  readonly #dispatches: readonly Dispatch[];
  readonly #uniforms: GPUBuffer;

  constructor(dispatches: readonly Dispatch[], uniforms: GPUBuffer) {
    this.#dispatches = dispatches;
    this.#uniforms = uniforms;
  }

  /** Kernel labels in order, one a dispatch. */
  get labels(): readonly string[] {
    return this.#dispatches.map(({ label }) => label);
  }

  encode(pass: GPUComputePassEncoder): void {
    for (const { pipeline, bindGroup, workgroups } of this.#dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
  }

  dispose(): void {
    this.#uniforms.destroy();
  }
}
