import { compileKernel, requestAdapter } from '@tama/kernels-wgsl';
import { openDawn } from '@tama/kernels-wgsl/node';
import { knownSubgroupMatrices } from '@tama/kernels-wgsl/testing';
import { expect, it } from 'vitest';
import { subgroupMatrixFeature } from '../packages/kernels-wgsl/src/subgroup-matrix.ts';
import { higher, matrixProducts, productCeiling } from './ceilings.ts';

// Dawn's null backend validates shaders, and takes every product of matrices.
const adapter = await requestAdapter(await openDawn({ nullBackend: true }));
const device = await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups', subgroupMatrixFeature] });

it.each(knownSubgroupMatrices)('products of matrices compile: $componentType $M x $N x $K', async (subgroupMatrix) => {
  const features = { f16: true, subgroups: true, subgroupMatrix };
  const { label } = await compileKernel(device, matrixProducts, { features });
  expect(label).toContain('matrix products');
});

it('compares products with what the adapter has for them', () => {
  const plain = { gigabytesPerSecond: 10, gigaflops: 50 };
  expect(productCeiling(plain)).toEqual({ name: 'multiply-add', gigaflops: 50 });
  expect(productCeiling({ ...plain, matrixGigaflops: 400 })).toEqual({ name: 'matrix products', gigaflops: 400 });
});

it('takes the higher of two measurements', () => {
  const [first, second] = [
    { gigabytesPerSecond: 10, gigaflops: 50, matrixGigaflops: 390 },
    { gigabytesPerSecond: 9, gigaflops: 52, matrixGigaflops: 400 },
  ];
  expect(higher(first, second)).toEqual({ gigabytesPerSecond: 10, gigaflops: 52, matrixGigaflops: 400 });
});
