import { oneOf, same, unique } from '../../expectation.ts';
import { configFromGguf } from '../../gemma2/config.ts';
import { type ByteSource, checkRead } from '../../storage/byte-source.ts';
import { FileMissingError } from '../../storage/storage-errors.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoint.ts';
import {
  MalformedFileError,
  MissingTensorError,
  TensorTypeError,
  UnexpectedTensorError,
} from '../checkpoint-errors.ts';
import { decodeFloats, isFloat, rowBytes } from '../encoding.ts';
import { missing, words } from '../field.ts';
import { EMBEDDING, gemma2Tensors, HEAD } from '../gemma2-tensors.ts';
import { completeTensorSet } from '../tensor-set.ts';
import { tiedHeadDropped } from '../tied-head.ts';
import { type GgufFile, type GgufTensor, readGguf } from './gguf-file.ts';
import { ggufTokenizer } from './gguf-tokenizer.ts';

type Part = { readonly source: ByteSource; readonly file: GgufFile };

const SPLIT_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/** Opens a GGUF file, or all parts of a split one when given any of them. `closing` collects what has to be closed. */
export async function openGguf(
  source: ByteSource,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Omit<Checkpoint, 'close'>> {
  const parts = await readParts({ source, file: await readGguf(source, signal) }, closing, signal);
  const { metadata, version } = parts[0]!.file;
  const all = new Map<string, CheckpointTensor>();
  const embedding = parts.map(({ file }) => file.tensors.get('token_embd.weight')).find((tensor) => tensor);
  const { config, warnings } = configFromGguf(metadata.values, embedding?.dimensions[1] ?? 1, source.name);
  const specs = gemma2Tensors(config);
  const canonical = new Map([['output.weight', HEAD], ...specs.map(({ gguf, name }) => [gguf, name] as const)]);
  for (const part of parts)
    for (const tensor of part.file.tensors.values()) {
      const name = canonical.get(tensor.name);
      if (!name) throw new UnexpectedTensorError(part.source.name, tensor.name);
      if (all.has(name)) throw new MalformedFileError(part.source.name, 'GGUF', words.tensorName, tensor.name, unique);
      all.set(name, ggufTensor(part.source, tensor, name));
    }
  if (!all.has(EMBEDDING)) throw new MissingTensorError(source.name, EMBEDDING, 1, specs.length);
  const tokenizer = ggufTokenizer(parts[0]!.source, metadata);
  return {
    format: 'gguf',
    name: String(metadata.values['general.name'] ?? source.name),
    config,
    tensors: await tiedHeadDropped(completeTensorSet(source.name, config, all), signal),
    ...(tokenizer ? { tokenizer } : {}),
    warnings,
    metadata: { 'GGUF version': version, ...metadata.values },
  };
}

/** The parts of a split file in order; the first holds the metadata. An unsplit file is its own only part. */
async function readParts(given: Part, closing: ByteSource[], signal?: AbortSignal): Promise<readonly Part[]> {
  const count = given.file.metadata.values['split.count'] ?? 1;
  if (count === 0 || count === 1) return [given];
  const file = given.source.name;
  const [, stem, , total] = SPLIT_NAME.exec(file) ?? [];
  if (stem === undefined || Number(total) !== count)
    throw new MalformedFileError(
      file,
      'GGUF',
      { en: 'file name', ja: 'ファイル名' },
      file,
      same(`*-?????-of-${String(count).padStart(5, '0')}.gguf`),
    );
  const parts: Part[] = [];
  for (let index = 0; index < Number(total); index++) {
    const name = `${stem}-${String(index + 1).padStart(5, '0')}-of-${total}.gguf`;
    const part = name === file ? given : await openPart(given.source, name, closing, signal);
    const { values } = part.file.metadata;
    if (values['split.no'] !== index)
      throw new MalformedFileError(name, 'GGUF', 'split.no', shown(values['split.no']), oneOf([index]));
    if (values['split.count'] !== count)
      throw new MalformedFileError(name, 'GGUF', 'split.count', shown(values['split.count']), oneOf([String(count)]));
    parts.push(part);
  }
  const tensors = parts.reduce((sum, part) => sum + part.file.tensors.size, 0);
  const promised = parts[0]!.file.metadata.values['split.tensors.count'];
  if (promised !== undefined && promised !== tensors)
    throw new MalformedFileError(file, 'GGUF', 'split.tensors.count', String(promised), oneOf([tensors]));
  return parts;
}

const shown = (value: unknown) => (value === undefined ? missing : String(value));

async function openPart(given: ByteSource, name: string, closing: ByteSource[], signal?: AbortSignal): Promise<Part> {
  const source = await given.folder?.open(name, signal);
  if (!source) throw new FileMissingError(name, given.folder?.name ?? given.name);
  closing.push(source);
  return { source, file: await readGguf(source, signal) };
}

function ggufTensor(source: ByteSource, tensor: GgufTensor, name: string): CheckpointTensor {
  const { dimensions, encoding, offset } = tensor;
  // ggml counts from the fastest dimension, so that {in, out} is our [out, in].
  const shape = dimensions.toReversed() as [number] | [number, number];
  if (shape.length === 1) return normTensor(source, tensor, name, shape);
  const bytes = rowBytes(encoding, shape.at(-1)!);
  const rows = tensor.byteLength / bytes;
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

/** GGUF stores 1 + w of a norm. All vectors of Gemma 2 are norms. */
function normTensor(source: ByteSource, tensor: GgufTensor, name: string, shape: readonly [number]): CheckpointTensor {
  const { encoding } = tensor;
  if (!isFloat(encoding))
    throw new TensorTypeError(source.name, tensor.name, encoding.toUpperCase(), ['F32', 'F16', 'BF16']);
  return {
    name,
    shape,
    encoding: 'f32',
    rowBytes: shape[0] * 4,
    async readRows(firstRow, rowCount, signal) {
      checkRead({ name, size: 1 }, firstRow, rowCount);
      if (rowCount === 0) return new Uint8Array(0);
      const weights = decodeFloats(encoding, await source.read(tensor.offset, tensor.byteLength, signal));
      for (let i = 0; i < weights.length; i++) weights[i]! -= 1;
      return new Uint8Array(weights.buffer);
    },
  };
}
