import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import { checkAttention, visibleKeys } from './attention.ts';

describe('attention shapes', () => {
  const shape = { heads: 8, kvHeads: 4, headDim: 256, capacity: 4096, window: 4096, scale: 0.0625, softcap: 50 };

  it('accepts Gemma 2', () => {
    expect(() => checkAttention('attention', shape)).not.toThrow();
  });

  it.each([
    [{ headDim: 30 }, 'headDim is 30'],
    [{ headDim: 260 }, 'headDim is 260'],
    [{ heads: 7 }, '7 heads'],
    [{ capacity: 4095 }, 'capacity is 4095'],
    [{ softcap: 0 }, 'softcap is 0'],
    [{ softcap: 65 }, 'softcap is 65'], // the softmax could overflow
    [{ softcap: Number.NaN }, 'softcap is NaN'],
  ])('refuses %o', (change, message) => {
    const check = () => checkAttention('attention', { ...shape, ...change });
    expect(check).toThrow(ShapeError);
    expect(check).toThrow(message);
  });
});

it.each([
  [0, 0, [0, 1]],
  [7, 0, [0, 8]],
  [3, 5, [0, 4]],
  [4, 5, [0, 5]],
  [5, 5, [1, 6]],
])('position %i with window %i sees %o', (position, window, keys) => {
  expect(visibleKeys(position, window)).toEqual(keys);
});
