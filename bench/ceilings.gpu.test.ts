import { emulateSubgroupMatrix, knownSubgroupMatrices, runKernel } from '@tama/kernels-wgsl/testing';
import { expect, it } from 'vitest';
import { matrixProducts } from './ceilings.ts';

// The rate that is told of them counts eight products of M x K by K x N for every turn, whoever takes it.
it('products of matrices are as many as they are counted for', async () => {
  const product = knownSubgroupMatrices.find(({ componentType }) => componentType === 'f32')!;
  const { M, N, K } = product;
  const [workgroups, subgroups, count] = [3, 8, 20];
  const spec = { ...emulateSubgroupMatrix(matrixProducts, product), workgroups: () => [workgroups] as const };
  const options = { features: { f16: false, subgroups: false }, constants: { WORKGROUP: subgroups } };
  const to = new Float32Array(workgroups * subgroups * 8 * M * N);
  const { to: results } = await runKernel(spec, options, { to }, { count });

  for (let block = 0; block < 8; block++) {
    const [r, c] = [Math.floor(block / 4), block % 4];
    for (const [m, n] of [
      [0, 0],
      [M - 1, N - 2],
    ] as const) {
      let once = 0;
      for (let k = 0; k < K; k++) once += (((((r * M + m) * K + k) % 7) / 64) * (((c * N + n) * K + k) % 5)) / 64;
      for (let group = 0; group < workgroups; group++) {
        let sum = 0;
        for (let subgroup = 0; subgroup < subgroups; subgroup++) {
          sum += results[(((group * subgroups + subgroup) * 8 + block) * M + m) * N + n]!;
        }
        expect(sum).toBeCloseTo(count * once, 5);
      }
    }
  }
});
