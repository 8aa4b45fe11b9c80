/// <reference types="node" />
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The absolute path of a file or folder in the repository's fixtures. */
export const fixture = (path: string): string =>
  join(fileURLToPath(new URL('../../../../fixtures/', import.meta.url)), path);

export const readFixture = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(fixture(path)));

export const readFixtureJson = <T>(path: string): T => JSON.parse(readFileSync(fixture(path), 'utf8'));

type FloatLayout = {
  readonly bytes: number;
  readonly sha256: string;
  readonly tensors: readonly (readonly [name: string, offset: number, type: 'F32' | 'F16' | 'BF16'])[];
};

/**
 * small-f32.gguf, small-f16.gguf or small-bf16.gguf: the stored header followed by the weights of small/hf, which are
 * exact in all three. The SHA-256 of the file that the usual converter wrote is checked.
 */
export function smallFloatGguf(kind: 'f32' | 'f16' | 'bf16'): Uint8Array<ArrayBuffer> {
  const layout = readFixtureJson<Record<string, FloatLayout>>('small/gguf/float_layout.json')[kind]!;
  const weights = readFixture('small/hf/model.safetensors');
  const input = new DataView(weights.buffer);
  const dataStart = 8 + Number(input.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, dataStart)));
  const file = new Uint8Array(layout.bytes);
  file.set(readFixture(`small/gguf/small-${kind}.head.bin`));
  const output = new DataView(file.buffer);
  for (const [name, offset, type] of layout.tensors) {
    const [begin, end] = header[name].data_offsets;
    for (let i = 0; i < (end - begin) / 2; i++) {
      const bits = input.getUint16(dataStart + begin + 2 * i, true);
      if (type === 'BF16') output.setUint16(offset + 2 * i, bits, true);
      else if (type === 'F16') output.setFloat16(offset + 2 * i, bfloat16(bits), true);
      else output.setFloat32(offset + 4 * i, bfloat16(bits) + (name.endsWith('norm.weight') ? 1 : 0), true);
    }
  }
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (sha256 !== layout.sha256) throw new Error(`small-${kind}.gguf has SHA-256 ${sha256}, not ${layout.sha256}`);
  return file;
}

const bits = new DataView(new ArrayBuffer(4));

function bfloat16(value: number): number {
  bits.setUint32(0, value << 16);
  return bits.getFloat32(0);
}
