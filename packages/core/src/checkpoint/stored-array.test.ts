import { describe, expect, it } from 'vitest';
import { type Placement, type StoredArray, storedTensor, TransposedRows } from './stored-array.ts';

/** An array that is nowhere: element i is i mod 65521. It records what is read of it. */
function virtualArray(shape: readonly number[]) {
  const reads: number[] = [];
  const array: StoredArray = {
    shape,
    encoding: 'bf16',
    async read(first, count) {
      reads.push(count * 2);
      return new Uint8Array(Uint16Array.from({ length: count }, (_, i) => (first + i) % 65521).buffer);
    },
  };
  return { array, reads };
}

describe('storedTensor', () => {
  it('transposes a matrix larger than what it holds, in few passes over pieces of at most 1 MiB', async () => {
    const [planeRows, planeColumns] = [1536, 12_000];
    const { array, reads } = virtualArray([planeRows, planeColumns]);
    const placement: Placement = { kind: 'columns', first: 0, planeRows, planeColumns };
    const tensor = storedTensor('gate', [planeColumns, planeRows], array, placement, new TransposedRows());
    const rowsAtOnce = 2000;
    for (let row = 0; row < planeColumns; row += rowsAtOnce) {
      const rows = new Uint16Array((await tensor.readRows(row, rowsAtOnce)).buffer);
      for (const [r, c] of [
        [0, 0],
        [1, 1535],
        [999, 700],
        [1999, 3],
      ] as const)
        expect(rows[r * planeRows + c]).toBe((c * planeColumns + row + r) % 65521);
    }
    expect(Math.max(...reads)).toBeLessThanOrEqual(2 ** 20);
    const passes = reads.reduce((sum, bytes) => sum + bytes, 0) / (planeRows * planeColumns * 2);
    expect(passes).toBe(2);
  });

  it('transposes each head by itself', async () => {
    const { array } = virtualArray([3, 5, 4]);
    const placement: Placement = { kind: 'columns', first: 0, planeRows: 5, planeColumns: 4 };
    const tensor = storedTensor('query', [12, 5], array, placement, new TransposedRows());
    const rows = new Uint16Array((await tensor.readRows(3, 6)).buffer);
    const expected = [3, 4, 5, 6, 7, 8].flatMap((row) =>
      [0, 1, 2, 3, 4].map((column) => Math.floor(row / 4) * 20 + column * 4 + (row % 4)),
    );
    expect([...rows]).toEqual(expected);
  });
});
