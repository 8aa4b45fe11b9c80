import { GpuMemoryError, LimitError } from './errors.ts';

/**
 * The buffers of one owner (a model, a test): labelled, counted, and released together. Creation never throws for lack
 * of memory, since WebGPU reports that later: call {@link check} after a batch.
 */
export class GpuMemory {
  readonly device: GPUDevice;
  readonly owner: string;
  readonly #buffers = new Set<GPUBuffer>();
  #bytes = 0;

  constructor(device: GPUDevice, owner: string) {
    this.device = device;
    this.owner = owner;
  }

  /** Bytes of all buffers that are alive. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A zeroed storage buffer of at least 16 bytes. @throws {LimitError} */
  storage(label: string, bytes: number, usage: GPUBufferUsageFlags = 0): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const limit = Math.min(this.device.limits.maxBufferSize, this.device.limits.maxStorageBufferBindingSize);
    if (size > limit)
      throw new LimitError({ en: `buffer size (${label})`, ja: `バッファーサイズ（${label}）` }, limit, size);
    return this.#create({
      label: `${this.owner}: ${label}`,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC | usage,
    });
  }

  /** A buffer that the host maps to read. */
  readback(label: string, bytes: number): GPUBuffer {
    return this.#create({
      label: `${this.owner}: ${label}`,
      size: Math.ceil(bytes / 4) * 4,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  /**
   * Runs `allocate` and waits until the GPU has said whether there was memory for it. All owners share the device's
   * stack of error scopes: since the scope is closed in the turn that opened it, it holds nobody else's errors.
   *
   * @throws {GpuMemoryError}
   */
  async check<T>(label: string, allocate: () => T): Promise<T> {
    this.device.pushErrorScope('out-of-memory');
    let result: T;
    try {
      result = allocate();
    } catch (error) {
      this.device.popErrorScope().catch(() => {}); // What was thrown is the reason to report.
      throw error;
    }
    const cause = await this.device.popErrorScope();
    if (cause) throw new GpuMemoryError(label, this.#bytes, { cause });
    return result;
  }

  release(buffer: GPUBuffer): void {
    if (!this.#buffers.delete(buffer)) return;
    this.#bytes -= buffer.size;
    buffer.destroy();
  }

  dispose(): void {
    for (const buffer of this.#buffers) this.release(buffer);
  }

  #create(descriptor: GPUBufferDescriptor): GPUBuffer {
    const buffer = this.device.createBuffer(descriptor);
    this.#buffers.add(buffer);
    this.#bytes += buffer.size;
    return buffer;
  }
}
