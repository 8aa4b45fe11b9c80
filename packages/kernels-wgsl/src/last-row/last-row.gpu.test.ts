import { expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { randomRows, runKernel } from '../testing/index.ts';
import { lastRow } from './last-row.ts';

const features = { f16: false, subgroups: false };

it.each([
  [1, 1, 1],
  [4, 3, 33], // a chunk that is not full
  [4, 4, 1025],
  [2, 1, 2304],
])('copies the last of the live rows: of %i rows, %i live, width %i', async (rows, live, width) => {
  const pitch = pitchOf(width);
  const x = randomRows(1, rows, width, pitch);
  const step = Uint32Array.of(100, live, 0, 0);
  const { y } = await runKernel(lastRow, { features }, { step, x, y: new Float32Array(pitch) }, { width, pitch });
  expect(y).toEqual(x.slice((live - 1) * pitch, live * pitch));
});
