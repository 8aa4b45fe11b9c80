import { object, same, unique } from '../../expectation.ts';
import type { Gemma2Config, ReadConfig } from '../../gemma2/config.ts';
import { type ByteFolder, type ByteSource, checkRead } from '../../storage/byte-source.ts';
import { FileMissingError } from '../../storage/storage-errors.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoint.ts';
import { MalformedFileError, MissingTensorError, TensorShapeError } from '../checkpoint-errors.ts';
import { decodeFloats } from '../encoding.ts';
import { words } from '../field.ts';
import { folderTokenizer } from '../folder-tokenizer.ts';
import { canonicalName, EMBEDDING, type TensorShape } from '../gemma2-tensors.ts';
import { configBeside, inferConfig } from '../inferred-config.ts';
import { readFolderJson } from '../json-file.ts';
import { storedTensor, TransposedRows } from '../stored-array.ts';
import { completeTensorSet } from '../tensor-set.ts';
import { tiedHeadDropped } from '../tied-head.ts';
import { floatsOf, readTorch, type TorchTensor } from './torch-file.ts';

export const TORCH_INDEX = 'pytorch_model.bin.index.json';
export const TORCH_FILES = ['pytorch_model.bin', 'model.ckpt'];

/** Buffers that are saved along with the weights: rotary angles. */
const isBuffer = (name: string): boolean => /freqs_cis$|\.inv_freq$/.test(name);
const SCALE_SUFFIX = '_scaler';

type Located = TorchTensor & { readonly file: string };

/** Opens weights in gemma_pytorch's form, or in Hugging Face's older one: a .ckpt, or .bin shards with an index. */
export async function openTorch(
  folder: ByteFolder | undefined,
  only: ByteSource | undefined,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Omit<Checkpoint, 'close'>> {
  const name = only?.name ?? folder?.name ?? 'model.ckpt';
  const found = await readShards(folder, only, closing, signal);
  const { config, warnings } = await readConfig(name, folder, found, signal);
  const tensors = new Map<string, CheckpointTensor>();
  const put = (canonical: string, tensor: CheckpointTensor) => {
    if (tensors.has(canonical)) throw new MalformedFileError(name, 'PyTorch', words.tensorName, canonical, unique);
    tensors.set(canonical, tensor);
  };
  for (const [stored, tensor] of found) {
    if (isBuffer(stored) || stored.endsWith(SCALE_SUFFIX)) continue;
    const scale = found.get(`${stored}${SCALE_SUFFIX}`);
    const rowsOf = (canonical: string, first: number, shape: TensorShape) =>
      put(
        canonical,
        scale
          ? scaledTensor(tensor.file, canonical, shape, tensor, scale, first)
          : plainTensor(tensor.file, canonical, shape, tensor, first),
      );
    const fused = /^(model\.layers\.\d+\.self_attn\.)qkv_proj\.weight$/.exec(stored)?.[1];
    if (fused === undefined) rowsOf(stored === 'embedder.weight' ? EMBEDDING : stored, 0, tensor.shape as TensorShape);
    else
      for (const { part, first, rows } of fusedParts(name, stored, config, tensor))
        rowsOf(`${fused}${part}_proj.weight`, first, [rows, config.hiddenSize]);
  }
  const tokenizer = folder && (await folderTokenizer(folder, signal, { rows: config.vocabularySize }));
  const complete = await tiedHeadDropped(completeTensorSet(name, config, tensors), signal);
  return {
    format: 'torch',
    name,
    config,
    tensors: complete,
    ...(tokenizer ? { tokenizer } : {}),
    warnings,
    metadata: {},
  };
}

async function readShards(
  folder: ByteFolder | undefined,
  only: ByteSource | undefined,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Located>> {
  const shards = folder && (await readIndex(folder, signal));
  const names = shards && (!only || shards.includes(only.name)) ? shards : [only?.name];
  const tensors = new Map<string, Located>();
  for (const name of names) {
    const source =
      name !== undefined && name === only?.name
        ? only
        : await openFirst(folder, name === undefined ? TORCH_FILES : [name], signal);
    if (source !== only) closing.push(source);
    for (const [stored, content] of await readTorch(source, signal)) {
      const tensor = canonicalName(stored);
      if (tensors.has(tensor)) throw new MalformedFileError(source.name, 'PyTorch', words.tensorName, tensor, unique);
      tensors.set(tensor, { ...content, file: source.name });
    }
  }
  return tensors;
}

async function openFirst(
  folder: ByteFolder | undefined,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ByteSource> {
  for (const name of names) {
    const source = await folder?.open(name, signal);
    if (source) return source;
  }
  throw new FileMissingError(names[0]!, folder?.name ?? '');
}

async function readIndex(folder: ByteFolder, signal?: AbortSignal): Promise<readonly string[] | undefined> {
  const json = await readFolderJson(folder, TORCH_INDEX, signal);
  if (!json) return undefined;
  const map = json.weight_map;
  if (typeof map !== 'object' || map === null)
    throw new MalformedFileError(TORCH_INDEX, 'JSON', 'weight_map', String(map), object);
  const files = new Set<string>();
  for (const file of Object.values(map)) {
    if (typeof file !== 'string' || !/^[^/\\]+\.(bin|ckpt)$/.test(file))
      throw new MalformedFileError(TORCH_INDEX, 'JSON', 'weight_map', String(file), same('*.bin'));
    files.add(file);
  }
  return [...files].sort();
}

async function readConfig(
  name: string,
  folder: ByteFolder | undefined,
  found: ReadonlyMap<string, Located>,
  signal?: AbortSignal,
): Promise<ReadConfig> {
  const shapeOf = (...names: readonly string[]): readonly [number, number] => {
    const tensor = names.map((candidate) => found.get(candidate)).find((candidate) => candidate);
    if (tensor?.shape.length !== 2) throw new MissingTensorError(name, names[0]!, 1, 1);
    return tensor.shape as [number, number];
  };
  const [vocabularySize, hiddenSize] = shapeOf('embedder.weight', EMBEDDING);
  const beside = await configBeside(folder, signal);
  if (beside) return { ...beside, config: { ...beside.config, vocabularySize } };
  const attention = 'model.layers.0.self_attn.';
  const [, queryWidth] = shapeOf(`${attention}o_proj.weight`);
  const [intermediateSize] = shapeOf('model.layers.0.mlp.gate_proj.weight');
  const keyValueWidth = found.has(`${attention}qkv_proj.weight`)
    ? (shapeOf(`${attention}qkv_proj.weight`)[0] - queryWidth) / 2
    : shapeOf(`${attention}k_proj.weight`)[0];
  const layers =
    1 + Math.max(...[...found.keys()].map((tensor) => Number(/^model\.layers\.(\d+)\./.exec(tensor)?.[1] ?? 0)));
  return inferConfig({ layers, hiddenSize, intermediateSize, vocabularySize, queryWidth, keyValueWidth });
}

/** gemma_pytorch stacks the rows of query, key and value. */
function fusedParts(
  name: string,
  stored: string,
  { heads, kvHeads, headDim, hiddenSize }: Gemma2Config,
  { shape }: TorchTensor,
) {
  const query = heads * headDim;
  const keyValue = kvHeads * headDim;
  const expected = [query + 2 * keyValue, hiddenSize] as const;
  if (shape.length !== 2 || shape[0] !== expected[0] || shape[1] !== expected[1])
    throw new TensorShapeError(name, stored, shape, expected);
  return [
    { part: 'q', first: 0, rows: query },
    { part: 'k', first: query, rows: keyValue },
    { part: 'v', first: query + keyValue, rows: keyValue },
  ] as const;
}

function plainTensor(
  file: string,
  name: string,
  shape: TensorShape,
  tensor: TorchTensor,
  firstRow: number,
): CheckpointTensor {
  const width = shape.at(-1) ?? 0;
  return storedTensor(
    name,
    shape,
    floatsOf(file, name, tensor),
    { kind: 'rows', first: firstRow * width },
    new TransposedRows(),
  );
}

/** A matrix quantised by gemma_pytorch: w = int8 · scale of its row. */
function scaledTensor(
  file: string,
  name: string,
  shape: TensorShape,
  tensor: TorchTensor,
  scale: TorchTensor,
  firstRow: number,
): CheckpointTensor {
  const { bytes } = tensor;
  const scales = floatsOf(file, `${name}${SCALE_SUFFIX}`, scale);
  if (!bytes || shape.length !== 2) return plainTensor(file, name, shape, tensor, firstRow);
  const [rows, width] = shape;
  if (scale.shape.reduce((product, size) => product * size, 1) !== tensor.shape[0])
    throw new TensorShapeError(file, `${name}${SCALE_SUFFIX}`, scale.shape, [tensor.shape[0]!]);
  return {
    name,
    shape,
    encoding: 'f32',
    rowBytes: width * 4,
    async readRows(first, count, signal) {
      checkRead({ name, size: rows }, first, count);
      const start = firstRow + first;
      const integers = new Int8Array((await bytes(start * width, count * width, signal)).buffer);
      const factors = decodeFloats(scales.encoding, await scales.read(start, count, signal));
      const values = new Float32Array(integers.length);
      for (let i = 0; i < values.length; i++) values[i] = integers[i]! * factors[Math.floor(i / width)]!;
      return new Uint8Array(values.buffer);
    },
  };
}
