import { testProducts } from '../testing/products.ts';
import { matmulTiled } from './matmul-tiled.ts';

await testProducts(matmulTiled, 1e-11, []);
