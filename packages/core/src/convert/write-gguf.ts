import type { Tokenizer } from '@tama/tokenizer';
import { type Checkpoint, type CheckpointTensor, rowCount } from '../checkpoint/checkpoint.ts';
import type { WeightEncoding } from '../checkpoint/encoding.ts';
import { gemma2Tensors, HEAD } from '../checkpoint/gemma2-tensors.ts';
import { aligned, type GgufTensorInfo, ggufHeader, tensorBytes } from '../checkpoint/gguf/gguf-writer.ts';
import type { ByteSink } from '../storage/byte-sink.ts';
import { fileTypes, modelMetadata, vocabularyMetadata } from './gguf-metadata.ts';
import { RowEncoder, type Stored } from './row-encoder.ts';
import { matrixEncoding, type WeightType } from './weight-types.ts';

export type ConvertOptions = {
  /** Default: every tensor keeps its encoding. */
  readonly type?: WeightType;
  /** Name of the model in the file. Default: the checkpoint's. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Called with the bytes written so far and in all. */
  readonly onProgress?: (writtenBytes: number, totalBytes: number) => void;
};

/** What is written of a checkpoint. `tokenizer` is left out where there is none. */
export type Convertible = Pick<Checkpoint, 'config' | 'tensors' | 'name' | 'metadata'>;

/**
 * Writes a checkpoint as one GGUF file, as llama.cpp's converter and quantiser would: names and metadata, norms as 1 + w
 * in F32, the vocabulary. A few megabytes of it are in memory at a time.
 *
 * @throws {NotFiniteWeightsError} @throws {WeightRangeError} and what reading and writing throw
 */
export async function writeGguf(
  checkpoint: Convertible,
  tokenizer: Tokenizer | undefined,
  sink: ByteSink,
  { type, name = checkpoint.name, signal, onProgress }: ConvertOptions = {},
): Promise<void> {
  const { config, metadata } = checkpoint;
  const plans = planTensors(checkpoint, type);
  const template = metadata['tokenizer.chat_template'];
  let total = plans.reduce((bytes, { info }) => bytes + aligned(tensorBytes(info)), 0);
  let written = 0;
  const write = async (bytes: Uint8Array) => {
    await sink.write(bytes);
    written += bytes.length;
    onProgress?.(written, total);
  };
  // A function of its own: a header of megabytes is not to be kept while the weights are written.
  const writeHeader = async () => {
    const header = ggufHeader(
      [
        ...modelMetadata(config, name, type ? fileTypes[type] : storedFileType(checkpoint)),
        ...(tokenizer
          ? vocabularyMetadata(tokenizer.vocabulary, typeof template === 'string' ? template : undefined)
          : []),
      ],
      plans.map(({ info }) => info),
    );
    total += header.reduce((sum, { length }) => sum + length, 0);
    for (const piece of header) await write(piece);
  };
  await writeHeader();
  const encoder = new RowEncoder();
  for (const { tensor, stored, info } of plans) {
    for await (const rows of encoder.rows(tensor, stored, { signal })) await write(rows);
    const bytes = tensorBytes(info);
    if (aligned(bytes) > bytes) await write(new Uint8Array(aligned(bytes) - bytes));
  }
}

type TensorPlan = { readonly tensor: CheckpointTensor; readonly stored: Stored; readonly info: GgufTensorInfo };

function planTensors({ config, tensors }: Convertible, type: WeightType | undefined): readonly TensorPlan[] {
  const { layers } = config;
  const plan = (name: string, gguf: string, place: Parameters<typeof matrixEncoding>[1]): TensorPlan => {
    const tensor = tensors.get(name)!;
    const isNorm = tensor.shape.length === 1;
    const stored: Stored = isNorm
      ? { encoding: 'f32', plusOne: true }
      : { encoding: type && matrixEncoding(type, place, tensor.shape.at(-1)!) };
    const info = { name: gguf, dimensions: tensor.shape.toReversed(), encoding: stored.encoding ?? tensor.encoding };
    return { tensor, stored, info };
  };
  const plans = gemma2Tensors(config).map(({ name, gguf, role, layer }) => plan(name, gguf, { role, layer, layers }));
  return tensors.has(HEAD) ? [...plans, plan(HEAD, 'output.weight', { role: 'head', layers })] : plans;
}

/** The file type that a GGUF gives itself, or that of the encoding with the most rows. */
function storedFileType({ metadata, tensors }: Convertible): number {
  const stored = metadata['general.file_type'];
  if (typeof stored === 'number') return stored;
  const rows = new Map<WeightEncoding, number>();
  for (const tensor of tensors.values()) {
    if (tensor.shape.length === 2) rows.set(tensor.encoding, (rows.get(tensor.encoding) ?? 0) + rowCount(tensor));
  }
  const [most] = [...rows].toSorted(([, a], [, b]) => b - a);
  return fileTypes[most![0]];
}
