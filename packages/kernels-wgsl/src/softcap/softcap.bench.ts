import { bench } from '../testing/index.ts';
import { softcap, softcapCost } from './softcap.ts';

const width = 256_000;
const params = { rows: 1, width, pitch: width, cap: 30 };

export default bench(softcap, () => [{ name: 'logits', params, buffers: { x: 4 * width }, cost: softcapCost(params) }]);
