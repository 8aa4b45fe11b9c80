import type { SubgroupMatrix } from '../subgroup-matrix.ts';

const product = (componentType: string, M: number, N: number, K: number): SubgroupMatrix => ({
  componentType,
  resultComponentType: 'f32',
  M,
  N,
  K,
});

/** Those with sums of f32 that adapters are known to list. */
export const knownSubgroupMatrices: readonly SubgroupMatrix[] = [
  product('f32', 8, 8, 8), // Apple
  product('f16', 8, 8, 8), // llvmpipe
  product('f16', 8, 16, 16), // Intel
  product('f16', 8, 8, 16), // Intel before Xe2
  product('f16', 16, 16, 16), // NVIDIA, AMD
  product('f16', 16, 8, 16), // NVIDIA
  product('f16', 16, 8, 8), // NVIDIA
];
