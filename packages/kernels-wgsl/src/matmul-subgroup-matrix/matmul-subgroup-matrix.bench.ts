import matmulBench from '../matmul/matmul.bench.ts';
import { bench } from '../testing/index.ts';
import { matmulSubgroupMatrix } from './matmul-subgroup-matrix.ts';

export default bench(matmulSubgroupMatrix, matmulBench.shapes);
