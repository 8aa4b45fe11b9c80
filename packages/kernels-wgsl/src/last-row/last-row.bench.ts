import { bench } from '../testing/index.ts';
import { lastRow, lastRowCost } from './last-row.ts';

const rows = 256;
const params = { width: 2304, pitch: 2304 };

export default bench(lastRow, () => [
  {
    name: '2B',
    params,
    buffers: { step: Uint32Array.of(0, rows, 0, 0), x: 4 * rows * params.pitch, y: 4 * params.pitch },
    cost: lastRowCost(params),
  },
]);
