import { testProducts } from '../testing/products.ts';
import { matmul } from './matmul.ts';

await testProducts(matmul, 1e-11, [{ WORKGROUP: 32 }, { WORKGROUP: 64 }]);
