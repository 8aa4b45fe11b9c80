import { object, oneOf, same, unique } from '../../expectation.ts';
import { configFromHuggingFace, type Fields, isFields } from '../../gemma2/config.ts';
import { type ByteFolder, type ByteSource, checkRead } from '../../storage/byte-source.ts';
import { FileMissingError } from '../../storage/storage-errors.ts';
import type { Checkpoint, CheckpointMetadata, CheckpointTensor } from '../checkpoint.ts';
import {
  MalformedFileError,
  MissingTensorError,
  TensorTypeError,
  UnsupportedFeatureError,
} from '../checkpoint-errors.ts';
import { type FloatEncoding, rowBytes } from '../encoding.ts';
import { missing, named, words } from '../field.ts';
import { folderTokenizer } from '../folder-tokenizer.ts';
import { canonicalName, EMBEDDING, gemma2Tensors, HEAD } from '../gemma2-tensors.ts';
import { readFolderJson } from '../json-file.ts';
import { completeTensorSet } from '../tensor-set.ts';
import { tiedHeadDropped } from '../tied-head.ts';
import { readSafetensors, type SafetensorsTensor } from './safetensors-file.ts';

export const INDEX_FILE = 'model.safetensors.index.json';
export const SINGLE_FILE = 'model.safetensors';
const encodingOf: Readonly<Record<string, FloatEncoding>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

/** Buffers that transformers of some versions saved along with the weights. */
const isBuffer = (name: string): boolean => name.endsWith('.rotary_emb.inv_freq');

/**
 * Opens the weights of a Hugging Face folder: config.json, the index and its shards or one safetensors file, and the
 * tokenizer if it is there. `only` is a safetensors file to read in place of the folder's usual ones.
 */
export async function openHuggingFace(
  folder: ByteFolder,
  only: ByteSource | undefined,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Omit<Checkpoint, 'close'>> {
  const json = await readFolderJson(folder, 'config.json', signal);
  if (!json) throw new FileMissingError('config.json', folder.name);
  const { config: declared, warnings } = configFromHuggingFace(json);
  if (isFields(json.quantization_config)) {
    const method = named(String(json.quantization_config.quant_method ?? '?'));
    throw new UnsupportedFeatureError(
      folder.name,
      { en: `quantisation by ${method.en}`, ja: `${method.ja}による量子化` },
      { en: 'BF16, F16 or F32 safetensors, or GGUF', ja: 'BF16、F16、F32のsafetensors、またはGGUF' },
    );
  }
  const { tensors: found, metadata } = await readShards(folder, only, closing, signal);
  const embedding = found.get(EMBEDDING);
  if (!embedding) throw new MissingTensorError(folder.name, EMBEDDING, 1, gemma2Tensors(declared).length);
  // Fine-tunes may have grown the vocabulary without telling config.json.
  const config = { ...declared, vocabularySize: embedding.shape[0] };
  if (json.tie_word_embeddings === false && !found.has(HEAD)) throw new MissingTensorError(folder.name, HEAD, 1, 1);
  const tokenizer = await folderTokenizer(folder, signal, { rows: config.vocabularySize });
  return {
    format: 'safetensors',
    name: only?.name ?? folder.name,
    config,
    tensors: await tiedHeadDropped(completeTensorSet(folder.name, config, found), signal),
    ...(tokenizer ? { tokenizer } : {}),
    warnings,
    metadata: { ...metadata, ...plainFields(json) },
  };
}

type Shards = { readonly tensors: ReadonlyMap<string, CheckpointTensor>; readonly metadata: CheckpointMetadata };

async function readShards(
  folder: ByteFolder,
  only: ByteSource | undefined,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Shards> {
  const index = await readIndex(folder, signal);
  const fromIndex = index && (!only || index.files.includes(only.name));
  const names = fromIndex ? index.files : [only?.name ?? SINGLE_FILE];
  const tensors = new Map<string, CheckpointTensor>();
  const metadata: Record<string, string> = {};
  for (const name of names) {
    const source = name === only?.name ? only : await folder.open(name, signal);
    if (!source) throw new FileMissingError(name, folder.name);
    if (source !== only) closing.push(source);
    const file = await readSafetensors(source, signal);
    Object.assign(metadata, file.metadata);
    for (const tensor of file.tensors.values()) {
      if (fromIndex && index.fileOf.get(tensor.name) !== name)
        throw new MalformedFileError(
          INDEX_FILE,
          'JSON',
          `weight_map['${tensor.name}']`,
          index.fileOf.get(tensor.name) ?? missing,
          oneOf([name]),
        );
      if (isBuffer(tensor.name)) continue;
      const canonical = canonicalName(tensor.name);
      if (tensors.has(canonical))
        throw new MalformedFileError(name, 'safetensors', words.tensorName, tensor.name, unique);
      tensors.set(canonical, safetensorsTensor(source, { ...tensor, name: canonical }));
    }
  }
  if (fromIndex)
    for (const [tensor, file] of index.fileOf)
      if (!isBuffer(tensor) && !tensors.has(canonicalName(tensor)))
        throw new MissingTensorError(file, tensor, 1, index.fileOf.size);
  return { tensors, metadata };
}

async function readIndex(
  folder: ByteFolder,
  signal?: AbortSignal,
): Promise<{ readonly fileOf: ReadonlyMap<string, string>; readonly files: readonly string[] } | undefined> {
  const json = await readFolderJson(folder, INDEX_FILE, signal);
  if (!json) return undefined;
  if (!isFields(json.weight_map))
    throw new MalformedFileError(INDEX_FILE, 'JSON', 'weight_map', String(json.weight_map), object);
  const fileOf = new Map<string, string>();
  for (const [tensor, file] of Object.entries(json.weight_map)) {
    if (typeof file !== 'string' || !/^[^/\\]+\.safetensors$/.test(file))
      throw new MalformedFileError(INDEX_FILE, 'JSON', `weight_map['${tensor}']`, String(file), same('*.safetensors'));
    fileOf.set(tensor, file);
  }
  return { fileOf, files: [...new Set(fileOf.values())].sort() };
}

function safetensorsTensor(source: ByteSource, tensor: SafetensorsTensor): CheckpointTensor {
  const { name, dtype, offset } = tensor;
  const encoding = encodingOf[dtype];
  if (!encoding) throw new TensorTypeError(source.name, name, dtype, Object.keys(encodingOf));
  // A shape that is neither of these is refused later, by the check against the configuration.
  const shape = tensor.shape as readonly [number] | readonly [number, number];
  const bytes = rowBytes(encoding, shape.at(-1) ?? 0);
  const rows = shape.length === 2 ? shape[0] : 1;
  return {
    name,
    shape,
    encoding,
    rowBytes: bytes,
    async readRows(firstRow, rowCount, signal, into) {
      checkRead({ name, size: rows }, firstRow, rowCount);
      return source.read(offset + firstRow * bytes, rowCount * bytes, signal, into);
    },
  };
}

/** The plain values of a JSON object, for display. */
const plainFields = (json: Fields): CheckpointMetadata =>
  Object.fromEntries(
    Object.entries(json).filter((entry): entry is [string, string | number | boolean] =>
      ['string', 'number', 'boolean'].includes(typeof entry[1]),
    ),
  );
