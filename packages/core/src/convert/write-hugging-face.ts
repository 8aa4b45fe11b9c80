import type { Tokenizer } from '@tama/tokenizer';
import { rowCount } from '../checkpoint/checkpoint.ts';
import { isFloat, rowBytes } from '../checkpoint/encoding.ts';
import { INDEX_FILE, SINGLE_FILE } from '../checkpoint/safetensors/safetensors-checkpoint.ts';
import { safetensorsHeader } from '../checkpoint/safetensors/safetensors-writer.ts';
import type { ByteSink } from '../storage/byte-sink.ts';
import { FormatTypeError } from './convert-errors.ts';
import { configJson, tokenizerConfigJson } from './hugging-face-config.ts';
import { RowEncoder } from './row-encoder.ts';
import { sentencePieceModel } from './sentencepiece-model.ts';
import { type FloatType, isFloatType } from './weight-types.ts';
import type { Convertible, ConvertOptions } from './write-gguf.ts';

const dtypes = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

/** What `save_pretrained` of transformers 5 divides weights by. */
const SHARD_BYTES = 50e9;

export type HuggingFaceOptions = ConvertOptions & {
  /** The most weights of one file, in bytes; a tensor is never divided. Default: 50 GB. */
  readonly shardBytes?: number;
};

/** Opens a file of the folder for writing and closes it when `produce` is done. */
export type FolderWriter = (file: string, produce: (sink: ByteSink) => Promise<void>) => Promise<void>;

/**
 * Writes a checkpoint as a Hugging Face folder: model.safetensors, or shards of it and their index where it is large,
 * config.json and, with a tokenizer, what transformers wants of one. Without a type floats stay as they are, and
 * quantised weights become f32, which holds them exactly.
 *
 * @throws {FormatTypeError} for a quantised type
 * @throws {NotFiniteWeightsError} @throws {WeightRangeError} and what reading and writing throw
 */
export async function writeHuggingFace(
  checkpoint: Convertible,
  tokenizer: Tokenizer | undefined,
  write: FolderWriter,
  { type, signal, onProgress, shardBytes = SHARD_BYTES }: HuggingFaceOptions = {},
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
  const shards = shardsOf(tensors, shardBytes).map((shard) => ({
    ...shard,
    header: safetensorsHeader(shard.tensors, { format: 'pt' }),
  }));
  const weightBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const total = shards.reduce((sum, { header }) => sum + header.length, weightBytes);
  const encoder = new RowEncoder();
  let written = 0;
  for (const { file, header, tensors } of shards) {
    await write(file, async (sink) => {
      const count = async (bytes: Uint8Array) => {
        await sink.write(bytes);
        written += bytes.length;
        onProgress?.(written, total);
      };
      await count(header);
      for (const { tensor, encoding } of tensors)
        for await (const rows of encoder.rows(tensor, { encoding }, { signal })) await count(rows);
    });
  }
  const json = (file: string, value: object) =>
    write(file, (sink) => sink.write(new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)));
  if (shards.length > 1) {
    const weightMap = shards.flatMap(({ file, tensors }) => tensors.map(({ name }) => [name, file] as const));
    await json(INDEX_FILE, { metadata: { total_size: weightBytes }, weight_map: Object.fromEntries(weightMap) });
  }
  await json('config.json', configJson(checkpoint, dominantType(tensors), tokenizer?.stopIds));
  if (!tokenizer) return;
  const { vocabulary, stopIds } = tokenizer;
  const { special } = vocabulary;
  await write('tokenizer.model', (sink) => sink.write(sentencePieceModel(vocabulary)));
  await json('tokenizer_config.json', tokenizerConfigJson(vocabulary));
  const { bos, pad } = special;
  await json('generation_config.json', { bos_token_id: bos, eos_token_id: stopIds, pad_token_id: pad });
}

/** Tensors in order, as many as fit to a file: one named as the only one, or several numbered as transformers does. */
function shardsOf<T extends { readonly bytes: number }>(
  tensors: readonly T[],
  shardBytes: number,
): { readonly file: string; readonly tensors: readonly T[] }[] {
  const shards: T[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    if (shards.length === 0 || tensor.bytes > room) {
      shards.push([]);
      room = shardBytes;
    }
    shards.at(-1)!.push(tensor);
    room -= tensor.bytes;
  }
  const digits = (number: number) => String(number).padStart(5, '0');
  return shards.map((tensors, i) => ({
    file: shards.length === 1 ? SINGLE_FILE : `model-${digits(i + 1)}-of-${digits(shards.length)}.safetensors`,
    tensors,
  }));
}

/** The type of the largest tensor: what a reader should load the model as. */
const dominantType = (tensors: readonly { readonly encoding: FloatType; readonly bytes: number }[]): FloatType =>
  tensors.toSorted((a, b) => b.bytes - a.bytes)[0]!.encoding;
