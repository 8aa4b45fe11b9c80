import { expect, it } from 'vitest';
import { ABSENT, PairTable } from './pair-table.ts';
import { seededIntegers } from './testing/random.ts';

it('remembers what a Map of pairs remembers', () => {
  const random = seededIntegers(3);
  const table = new PairTable();
  const map = new Map<string, number>();
  for (let round = 0; round < 20_000; round++) {
    const left = random(200);
    const right = random(2) === 0 ? random(200) : 0x110000 + random(200);
    const key = `${left},${right}`;
    if (table.get(left, right) !== (map.get(key) ?? ABSENT)) expect.fail(`pair ${key} in round ${round}`);
    const value = random(2 ** 20) - 2 ** 19;
    table.set(left, right, value);
    map.set(key, value);
  }
  expect(table.size).toBe(map.size);
  for (const [key, value] of [...map].slice(0, 1000))
    expect(table.get(...(key.split(',').map(Number) as [number, number]))).toBe(value);
});
