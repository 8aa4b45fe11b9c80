import { fileURLToPath } from 'node:url';
import type { ByteFolder, ByteSource } from '../storage/byte-source.ts';
import { memorySource } from '../storage/memory-source.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { fixture, readFixture, readFixtureJson, smallFloatGguf } from './fixtures.ts';

const root = new URL('../../../../', import.meta.url);

export const repositoryPath = (path: string): string => fileURLToPath(new URL(path, root));

/** A model of the repository with logits that other implementations computed for it, in f64, with the exact embedding scale. */
export type GoldenModel = {
  readonly name: string;
  open(): Promise<ByteSource | ByteFolder>;
  readonly tokens: readonly number[];
  readonly positions: readonly number[];
  /** One row of V logits a position. */
  logits(): Promise<readonly ArrayLike<number>[]>;
};

type TinyGolden = { readonly tokens: number[] } & Record<string, number[][]>;
type SmallGolden = {
  readonly tokens: number[];
  readonly positions: number[];
  readonly config: { readonly vocab: number };
};

const tiny = readFixtureJson<TinyGolden>('tiny/golden.json');
const small = readFixtureJson<SmallGolden>('small/golden.json');

const tinyModel = (path: string, golden: string): GoldenModel => ({
  name: `tiny/${path}`,
  open: () => nodePath(fixture(`tiny/${path}`)),
  tokens: tiny.tokens,
  positions: tiny.tokens.map((_, i) => i),
  logits: async () => tiny[golden]!,
});

const smallModel = (name: string, golden: string, open: GoldenModel['open']): GoldenModel => ({
  name: `small/${name}`,
  open,
  tokens: small.tokens,
  positions: small.positions,
  async logits() {
    const values = new Float32Array(readFixture(`small/golden/${golden}.f32`).buffer);
    const { vocab } = small.config;
    return small.positions.map((_, i) => values.subarray(i * vocab, (i + 1) * vocab));
  },
});

const smallFile = (path: string, golden: string): GoldenModel =>
  smallModel(path, golden, () => nodePath(fixture(`small/${path}`)));

const floatGguf = (type: 'f32' | 'f16' | 'bf16'): GoldenModel =>
  smallModel(`gguf/small-${type}.gguf`, type, async () => memorySource(`small-${type}.gguf`, smallFloatGguf(type)));

/** tiny: all widths differ, so a transposition shows. small: 96 tokens, four windows, soft-caps that bite. */
export const goldenModels: readonly GoldenModel[] = [
  tinyModel('hf', 'logits_exact_scale'),
  ...['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1'].map((type) =>
    tinyModel(`gguf/tiny-${type}.gguf`, `logits_gguf_${type}_exact_scale`),
  ),
  smallFile('hf', 'bf16'),
  floatGguf('f32'),
  floatGguf('f16'),
  floatGguf('bf16'),
  ...['q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q2_k', 'q3_k_m', 'q4_k_s', 'q4_k_m', 'q5_k_m', 'q6_k', 'iq4_xs'].map(
    (type) => smallFile(`gguf/small-${type}.gguf`, type),
  ),
];

/** The logits of `tiny` with the bfloat16-rounded embedding scale, the default. */
export const tinyBfloat16Logits: readonly ArrayLike<number>[] = tiny.logits_bf16_scale!;

/** The largest absolute difference over all rows. NaN counts as infinite. */
export function maxDifference(actual: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): number {
  if (actual.length !== expected.length) throw new RangeError(`${actual.length} rows, ${expected.length} expected`);
  let most = 0;
  actual.forEach((row, r) => {
    if (row.length !== expected[r]!.length) throw new RangeError(`row ${r}: ${row.length}, not ${expected[r]!.length}`);
    for (let c = 0; c < row.length; c++) {
      const difference = Math.abs(row[c]! - expected[r]![c]!);
      most = difference <= most ? most : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    }
  });
  return most;
}
