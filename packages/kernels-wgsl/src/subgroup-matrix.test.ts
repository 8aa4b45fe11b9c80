import { expect, it } from 'vitest';
import { chooseSubgroupMatrix } from './subgroup-matrix.ts';
import { knownSubgroupMatrices } from './testing/subgroup-matrices.ts';

const [apple, ...halves] = knownSubgroupMatrices;

it('takes the first product that the adapter lists', () => {
  for (const one of halves) expect(chooseSubgroupMatrix([one, ...halves], true)).toBe(one);
});

it('takes one of f32 all through before any other', () => {
  expect(chooseSubgroupMatrix([...halves, apple!], true)).toBe(apple);
  expect(chooseSubgroupMatrix([...halves, apple!], false)).toBe(apple);
});

it('takes none with sums of halves, of halves where there are none, of integers, or that does not divide a tile', () => {
  const first = halves[0]!;
  expect(chooseSubgroupMatrix([], true)).toBeUndefined();
  expect(chooseSubgroupMatrix(halves, false)).toBeUndefined();
  for (const wrong of [
    { resultComponentType: 'f16' },
    { componentType: 'i8', resultComponentType: 'i32' },
    { M: 32 },
    { N: 64 },
    { K: 12 },
    { ...apple, K: 32 },
  ]) {
    expect(chooseSubgroupMatrix([{ ...first, ...wrong }], true)).toBeUndefined();
  }
});
