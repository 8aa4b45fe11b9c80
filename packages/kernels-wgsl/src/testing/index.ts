export type { Bench, BenchShape } from './bench.ts';
export { bench, planeBytes } from './bench.ts';
export { packCache, unpackCache } from './cache.ts';
export { readBuffer, runKernel, testGpu, variantName, variantsOf } from './gpu.ts';
export { packMatrix, randomMatrix } from './matrices.ts';
export { multiplyRows } from './multiply.ts';
export { nmse, nmseLimits } from './nmse.ts';
export { randomNormal, randomRows, randomSource } from './random.ts';
export { scarceMemory } from './scarce-memory.ts';
