import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { stackedMatvec, stackedMatvecCost } from './stacked-matvec.ts';

const { q4_k, q6_k } = weightFormats;
const columns = 2304;

export default bench(stackedMatvec, () =>
  (
    [
      ['2B, q k and v of Q4_K_M', q4_k, 3072, q6_k, 1024],
      ['2B, half of the head', q6_k, 64_000, q6_k, 64_000],
    ] as const
  ).map(([name, first, rows, second, rowsB]) => {
    const params = { columns, rows, rowsB, offset: 0 };
    const { weights: weightsB, scales: scalesB } = planeBytes(second, rowsB, columns);
    const y = 4 * (rows + rowsB);
    return {
      name,
      params,
      buffers: { x: 4 * columns, ...planeBytes(first, rows, columns), weightsB, scalesB, y },
      cost: stackedMatvecCost(params, first, second),
      weights: first,
      secondWeights: second,
    };
  }),
);
