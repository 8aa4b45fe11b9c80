import matmulBench from '../matmul/matmul.bench.ts';
import { bench } from '../testing/index.ts';
import { matmulTiled } from './matmul-tiled.ts';

export default bench(matmulTiled, matmulBench.shapes);
