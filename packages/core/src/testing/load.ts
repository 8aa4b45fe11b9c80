import { openDawn } from '@tama/kernels-wgsl/node';
import type { LoadOptions } from '../engine.ts';
import type { GpuEngine } from '../gpu-engine.ts';
import { loadGemma } from '../load-gemma.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { type GoldenModel, repositoryPath } from './goldens.ts';

let gpu: Promise<GPU> | undefined;

/** WebGPU on the adapter under test. Fails where there is none. */
export function testGpu(): Promise<GPU> {
  const adapter = process.env.TAMA_TEST_ADAPTER;
  gpu ??= openDawn(adapter ? { adapter } : {});
  return gpu;
}

export async function loadGolden(model: GoldenModel, options: LoadOptions = {}): Promise<GpuEngine> {
  // No slack in the rings: short prompts must wrap them.
  const defaults = { gpu: await testGpu(), embeddingScale: 'exact', rollback: 0 } as const;
  return loadGemma(await model.open(), { ...defaults, ...options });
}

export async function loadDemo(options: LoadOptions = {}): Promise<GpuEngine> {
  const source = await nodePath(repositoryPath('models/demo/tama-demo-Q8_0.gguf'));
  return loadGemma(source, { gpu: await testGpu(), ...options });
}
