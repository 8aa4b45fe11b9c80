/** Compiles every variant of every kernel, and tells how many there are. For Deno: src/naga.test.ts runs it. */
import { adapterFeatures, requestAdapter } from '../src/device.ts';
import { compileKernel, type KernelSpec } from '../src/kernel.ts';
import { kernels } from '../src/registry.ts';
import { variantsOf } from '../src/testing/index.ts';
import { weightFormats } from '../src/weights/weight-formats.ts';

const adapter = await requestAdapter(navigator.gpu);
const features = adapterFeatures(navigator.gpu, adapter);
const device = await adapter.requestDevice({ requiredFeatures: features.f16 ? ['shader-f16'] : [] });
let compiled = 0;
for (const kernel of Object.values(kernels)) {
  const spec = kernel as unknown as KernelSpec<never, string>;
  const takesWeights = /\$\{weights\}/.test(spec.source);
  for (const variant of variantsOf(spec, features)) {
    for (const weights of takesWeights ? Object.values(weightFormats) : [undefined]) {
      await compileKernel(device, spec, { features: variant, ...(weights ? { weights } : {}) });
      compiled++;
    }
  }
}
console.log(compiled);
process.exit();
