import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

type Layout = {
  readonly bytes: number;
  readonly sha256: string;
  readonly tensors: readonly [string, number, string][];
};
type Index = Record<string, { readonly data_offsets: [number, number] }>;

/**
 * `small-f32.gguf`, `small-f16.gguf` or `small-bf16.gguf` out of the fixture's safetensors, its stored header and its
 * layout: what the fixture's float_gguf.mjs makes, some twenty times faster. Checked by sha256.
 */
export async function makeFloatGguf(folder: string, type: 'f32' | 'f16' | 'bf16'): Promise<Uint8Array<ArrayBuffer>> {
  const layouts = JSON.parse(await readFile(join(folder, 'gguf/float_layout.json'), 'utf8')) as Record<string, Layout>;
  const { bytes, sha256, tensors } = layouts[type]!;
  const safetensors = await readFile(join(folder, 'hf/model.safetensors'));
  const dataStart = 8 + Number(safetensors.readBigUInt64LE(0));
  const index = JSON.parse(safetensors.toString('utf8', 8, dataStart)) as Index;
  const out = new Uint8Array(bytes);
  out.set(await readFile(join(folder, `gguf/small-${type}.head.bin`)));
  const view = new DataView(out.buffer);
  const word = new Uint32Array(1);
  const number = new Float32Array(word.buffer);
  for (const [name, offset, encoding] of tensors) {
    const [begin, end] = index[name]!.data_offsets;
    const plusOne = name.endsWith('norm.weight') ? 1 : 0; // GGUF stores 1 + w.
    for (let i = 0; i < (end - begin) / 2; i++) {
      const bits = safetensors.readUInt16LE(dataStart + begin + 2 * i);
      word[0] = bits << 16;
      if (encoding === 'BF16') view.setUint16(offset + 2 * i, bits, true);
      else if (encoding === 'F16') view.setFloat16(offset + 2 * i, number[0]!, true);
      else view.setFloat32(offset + 4 * i, number[0]! + plusOne, true);
    }
  }
  const actual = createHash('sha256').update(out).digest('hex');
  if (actual !== sha256) throw new Error(`small-${type}.gguf: sha256 ${actual}, expected ${sha256}`);
  return out;
}
