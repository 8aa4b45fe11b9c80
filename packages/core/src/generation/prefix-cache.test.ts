import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/random.ts';
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

  it('knows a conversation that begins anew after one that was longer than the ring', () => {
    const cache = new PrefixCache(4, 8);
    cache.append(Array.from({ length: 30 }, (_, i) => i));
    expect(cache.reusable([50, 51])).toBe(0);
    cache.truncate(0);
    cache.append([50, 51, 52, 53, 54, 55]);
    expect(cache.reusable([50, 51, 52, 60])).toBe(3);
    expect(cache.reusable([50, 51, 52, 53, 54, 55, 56])).toBe(6);
  });

  it('never says that a slot is intact which holds another position, whatever came before', () => {
    const [window, capacity] = [4, 10];
    const random = seededRandom(5);
    const below = (n: number) => Math.floor(random() * n);
    let reused = 0;
    const cache = new PrefixCache(window, capacity);
    const slots = new Array<string>(capacity).fill('');
    let ids: number[] = [];
    for (let turn = 0; turn < 2000; turn++) {
      const prompt = [...ids.slice(0, below(ids.length + 1)), ...Array.from({ length: 1 + below(6) }, () => below(3))];
      const common = cache.reusable(prompt);
      // The row at `common` finds every key of its window.
      for (let p = Math.max(0, common - window + 1); p < common; p++) {
        expect(slots[p % capacity]).toBe(`${p}: ${prompt.slice(0, p + 1)}`);
      }
      if (common > 0) reused++;
      cache.truncate(common);
      const overrun = below(3);
      for (let p = common; p < prompt.length + overrun; p++) {
        slots[p % capacity] = p < prompt.length ? `${p}: ${prompt.slice(0, p + 1)}` : 'run past the stop';
      }
      cache.append(prompt.slice(common), overrun);
      ids = prompt.length > 40 ? [] : prompt;
    }
    expect(reused).toBeGreaterThan(1000);
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
