import type { Tokenizer } from '@tama/tokenizer';
import { rowCount } from '../checkpoint/checkpoint.ts';
import { isFloat, rowBytes } from '../checkpoint/encoding.ts';
import { safetensorsHeader } from '../checkpoint/safetensors/safetensors-writer.ts';
import type { ByteSink } from '../storage/byte-sink.ts';
import { FormatTypeError } from './convert-errors.ts';
import { configJson, tokenizerConfigJson } from './hugging-face-config.ts';
import { RowEncoder } from './row-encoder.ts';
import { sentencePieceModel } from './sentencepiece-model.ts';
import { type FloatType, isFloatType } from './weight-types.ts';
import type { Convertible, ConvertOptions } from './write-gguf.ts';

const dtypes = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

/** Opens a file of the folder for writing and closes it when `produce` is done. */
export type FolderWriter = (file: string, produce: (sink: ByteSink) => Promise<void>) => Promise<void>;

/**
 * Writes a checkpoint as a Hugging Face folder: model.safetensors, config.json and, with a tokenizer, what transformers
 * wants of one. Without a type floats stay as they are, and quantised weights become f32, which holds them exactly.
 *
 * @throws {FormatTypeError} for a quantised type
 * @throws {NotFiniteWeightsError} @throws {WeightRangeError} and what reading and writing throw
 */
export async function writeHuggingFace(
  checkpoint: Convertible,
  tokenizer: Tokenizer | undefined,
  write: FolderWriter,
  { type, signal, onProgress }: ConvertOptions = {},
): Promise<void> {
  if (type && !isFloatType(type)) throw new FormatTypeError('safetensors', type, Object.keys(dtypes));
  const tensors = [...checkpoint.tensors.values()].map((tensor) => {
    const { name, shape, encoding } = tensor;
    const to: FloatType = type ?? (isFloat(encoding) ? encoding : 'f32');
    return {
      tensor,
      encoding: to,
      name,
      dtype: dtypes[to],
      shape,
      bytes: rowCount(tensor) * rowBytes(to, shape.at(-1)!),
    };
  });
  const header = safetensorsHeader(tensors, { format: 'pt' });
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, header.length);
  await write('model.safetensors', async (sink) => {
    let written = 0;
    const count = async (bytes: Uint8Array) => {
      await sink.write(bytes);
      written += bytes.length;
      onProgress?.(written, total);
    };
    await count(header);
    const encoder = new RowEncoder();
    for (const { tensor, encoding } of tensors)
      for await (const rows of encoder.rows(tensor, { encoding }, { signal })) await count(rows);
  });
  const json = (file: string, value: object) =>
    write(file, (sink) => sink.write(new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)));
  await json('config.json', configJson(checkpoint, dominantType(tensors), tokenizer?.stopIds));
  if (!tokenizer) return;
  const { vocabulary, stopIds } = tokenizer;
  const { special } = vocabulary;
  await write('tokenizer.model', (sink) => sink.write(sentencePieceModel(vocabulary)));
  await json('tokenizer_config.json', tokenizerConfigJson(vocabulary));
  const { bos, pad } = special;
  await json('generation_config.json', { bos_token_id: bos, eos_token_id: stopIds, pad_token_id: pad });
}

/** The type of the largest tensor: what a reader should load the model as. */
const dominantType = (tensors: readonly { readonly encoding: FloatType; readonly bytes: number }[]): FloatType =>
  tensors.toSorted((a, b) => b.bytes - a.bytes)[0]!.encoding;
