import type { Cost, KernelSpec } from '../kernel.ts';
import { renamed } from '../weights/renamed.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './embed.wgsl.ts';

/** y[r] = E[tokens[r]] * scale for the tokens of three parts of a packed table, one workgroup a row. */
export const embed: KernelSpec<Params, Binding> = {
  name: 'embed',
  source,
  flags,
  layout,
  bindings,
  weightsText: (wgsl) => `${wgsl}${renamed(wgsl, 'B')}${renamed(wgsl, 'C')}`,
  constants: { WORKGROUP: 64 },
  workgroups: ({ rows }) => [rows],
};

/** As if all tokens were in these parts. */
export const embedCost = ({ rows, width }: Params, format: WeightFormat): Cost => ({
  bytes: rows * width * ((format.weightBytes + format.scaleBytes) / format.unitColumns + 4),
  flops: rows * width,
});

/** The definition, in f64. `table` is [tableRows, width]; rows of `y` [rows, pitch] of other parts stay 0. */
export function embedReference(tokens: ArrayLike<number>, table: ArrayLike<number>, params: Params): Float64Array {
  const { rows, width, pitch, firstRow, tableRows, scale } = params;
  const y = new Float64Array(rows * pitch);
  for (let row = 0; row < rows; row++) {
    const token = tokens[row]! - firstRow;
    if (token < 0 || token >= tableRows) continue;
    for (let c = 0; c < width; c++) y[row * pitch + c] = table[token * width + c]! * scale;
  }
  return y;
}
