/// <reference types="node" />

import { adapterFeatures, requestAdapter } from '../device.ts';
import { compileKernel, type KernelSpec } from '../kernel.ts';
import { kernels } from '../registry.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { variantsOf } from './gpu.ts';

// A program for any runtime that has WebGPU: compiles every kernel in every variant, encoding and tuning candidate that the
// adapter allows, and prints a JSON line each: the label, or what was wrong.
const adapter = await requestAdapter(navigator.gpu);
const { f16 } = adapterFeatures(navigator.gpu, adapter);
const device = await adapter.requestDevice({ requiredFeatures: f16 ? ['shader-f16'] : [] });
for (const [name, kernel] of Object.entries(kernels)) {
  const spec = kernel as unknown as KernelSpec<never, string>;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a slot of the shader
  const formats = spec.source.includes('${weights}') ? Object.values(weightFormats) : [undefined];
  for (const features of variantsOf(spec, { f16, subgroups: false })) {
    const all = formats.map((weights) => ({ features, ...(weights ? { weights } : {}) }));
    const tuned = (spec.candidates ?? []).map((constants) => ({ ...all[0]!, constants }));
    for (const options of [...all, ...tuned]) {
      const [result] = await Promise.allSettled([compileKernel(device, spec, options)]);
      console.log(
        JSON.stringify(
          result.status === 'fulfilled' ? { label: result.value.label } : { name, error: String(result.reason) },
        ),
      );
    }
  }
}
