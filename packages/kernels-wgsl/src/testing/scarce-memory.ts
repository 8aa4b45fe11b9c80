/** A device whose memory runs out when told to, and what is alive on it. */
export type ScarceDevice = { readonly device: GPUDevice; readonly alive: ReadonlySet<GPUBuffer> };

/**
 * A device that reports, as WebGPU does, that there is no memory for the buffers that `fails` chooses: not where they
 * are created, but to the innermost of the error scopes, which all users of a device share.
 */
export function scarceMemory(real: GPUDevice, fails: (buffer: GPUBufferDescriptor) => boolean): ScarceDevice {
  const scopes: { error: GPUError | null }[] = [];
  const alive = new Set<GPUBuffer>();
  const changed: Partial<GPUDevice> = {
    createBuffer(descriptor) {
      const buffer = real.createBuffer(descriptor);
      alive.add(buffer);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        alive.delete(buffer);
        return destroy();
      };
      const scope = scopes.at(-1);
      if (fails(descriptor)) {
        if (!scope) throw new Error(`nobody watches for the memory of '${descriptor.label}'`);
        scope.error ??= { message: 'out of memory' } as GPUError;
      }
      return buffer;
    },
    pushErrorScope() {
      scopes.push({ error: null });
      return undefined;
    },
    async popErrorScope() {
      return scopes.pop()!.error;
    },
  };
  const device = new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(key in changed ? changed : target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { device, alive };
}
