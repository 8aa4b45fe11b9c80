import { describe, expect, it } from 'vitest';
import { PrefixCache } from './prefix-cache.ts';

describe('PrefixCache', () => {
  it('reuses the longest common prefix and always leaves one token to compute', () => {
    const cache = new PrefixCache(4, 8);
    cache.append([1, 2, 3, 4]);
    expect(cache.reusable([1, 2, 3, 4])).toBe(3);
    expect(cache.reusable([1, 2, 9, 4, 5])).toBe(2);
    expect(cache.reusable([7])).toBe(0);
    expect(cache.reusable([1, 2, 3, 4, 5])).toBe(4);
  });

  it('goes back only while the window of the new position is intact in the ring', () => {
    const cache = new PrefixCache(4, 8);
    cache.append(Array.from({ length: 12 }, (_, i) => i));
    // Written to 12 with 8 slots: positions 4 to 11 are intact; position n needs n - 3 and later.
    const prompt = (n: number) => [...Array.from({ length: n }, (_, i) => i), 99];
    expect(cache.reusable(prompt(7))).toBe(7);
    expect(cache.reusable(prompt(6))).toBe(0);
    cache.truncate(7);
    cache.append([99]);
    expect(cache.reusable([...prompt(7), 5])).toBe(8);
  });

  it('counts positions that ran past a stop as overwritten', () => {
    const cache = new PrefixCache(4, 8);
    cache.append([0, 1, 2, 3, 4, 5], 6);
    expect(cache.reusable([0, 1, 2, 3, 4, 5, 6])).toBe(0);
  });

  it('forgets on clear', () => {
    const cache = new PrefixCache(4, 8);
    cache.append([1, 2]);
    cache.clear();
    expect(cache.reusable([1, 2, 3])).toBe(0);
  });
});
