import { integerFrom, oneOf, unique } from '../../expectation.ts';
import type { Gemma2Config, ReadConfig } from '../../gemma2/config.ts';
import type { ByteFolder, ByteSource } from '../../storage/byte-source.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoint.ts';
import { MalformedFileError, MissingTensorError, UnexpectedTensorError } from '../checkpoint-errors.ts';
import { missing, named } from '../field.ts';
import { folderTokenizer } from '../folder-tokenizer.ts';
import { gemma2Tensors, type TensorSpec } from '../gemma2-tensors.ts';
import { configBeside, inferConfig } from '../inferred-config.ts';
import { readFolderJson, readJsonFile } from '../json-file.ts';
import { type StoredArray, storedTensor, TransposedRows } from '../stored-array.ts';
import { completeTensorSet } from '../tensor-set.ts';
import { placeTensor } from '../weight-axes.ts';
import { ChunkStreams } from './chunk-streams.ts';
import { folderStore, type KeyValueStore, METADATA_FILES } from './key-value-store.ts';
import { MANIFEST, openOcdbt } from './ocdbt.ts';
import { zarrArray } from './zarr-array.ts';
import { parseZarr } from './zarr-metadata.ts';

/** JAX pads Gemma's embedding of 256,000 rows so that it divides evenly among devices. */
const PADDED_VOCABULARY = 256_128;
const VOCABULARY = 256_000;
const PADDING_MULTIPLE = 128;

/**
 * A parameter by its place in the model: `layer` counts where layers are stored one by one; in a stack `kind` tells its
 * layers from those between them.
 */
type Parameter = { readonly array: string; readonly layer?: number; readonly kind?: number };

/** Opens an Orbax checkpoint in `folder`; tokenizer and configuration may also lie in `outer`, which holds it. */
export async function openOrbax(
  folder: ByteFolder,
  outer: ByteFolder,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Omit<Checkpoint, 'close'>> {
  const name = outer.name;
  const arrays = await readArrays(folder, closing, signal);
  const places = new Map<string, StoredArray>();
  const found: Parameter[] = [];
  for (const [path, array] of arrays) {
    const parameter = parameterOf(path);
    if (!parameter) throw new UnexpectedTensorError(name, path);
    const key = placeKey(parameter);
    if (places.has(key))
      throw new MalformedFileError(name, 'Orbax', { en: 'parameter', ja: 'パラメーター' }, path, unique);
    places.set(key, array);
    found.push(parameter);
  }
  const stack = stackOf(name, found, places);
  const { config, warnings } = await readConfig(name, [folder, outer], places, stack, signal);

  const transposed = new TransposedRows();
  const tensors = new Map<string, CheckpointTensor>();
  const used = new Set<string>();
  for (const spec of gemma2Tensors(config)) {
    const place = locate(spec, stack);
    const array = places.get(place.key);
    used.add(place.key);
    if (!array) throw new MissingTensorError(name, spec.name, 1, 11 * config.layers + 2);
    const lead = [...place.lead, ...(spec.flax.part === undefined ? [] : [{ size: 2, index: spec.flax.part }])];
    // The padding of the embedding is left out by reading fewer rows.
    const shape = spec.role === 'embedding' ? [config.vocabularySize, ...array.shape.slice(1)] : array.shape;
    tensors.set(
      spec.name,
      storedTensor(spec.name, spec.shape, array, placeTensor(name, spec, config, shape, lead), transposed),
    );
  }
  for (const key of places.keys()) if (!used.has(key)) throw new UnexpectedTensorError(name, key);
  const tokenizer =
    (await folderTokenizer(folder, signal)) ?? (folder === outer ? undefined : await folderTokenizer(outer, signal));
  return {
    format: 'orbax',
    name,
    config,
    tensors: completeTensorSet(name, config, tensors),
    ...(tokenizer ? { tokenizer } : {}),
    warnings,
    metadata: {},
  };
}

async function readArrays(
  folder: ByteFolder,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, StoredArray>> {
  const manifest = await folder.open(MANIFEST, signal);
  await manifest?.close?.();
  const store = manifest ? await openOcdbt(folder, closing, signal) : folderStore(folder, closing);
  const listed = await store.arrayNames(signal);
  const names = listed.length > 0 ? listed : await namesOfMetadata(folder, signal);
  const streams = new ChunkStreams();
  const arrays = new Map<string, StoredArray>();
  for (const name of names) arrays.set(name, await openArray(store, name, streams, signal));
  return arrays;
}

async function openArray(
  store: KeyValueStore,
  name: string,
  streams: ChunkStreams,
  signal?: AbortSignal,
): Promise<StoredArray> {
  for (const file of METADATA_FILES) {
    const source = await store.get(`${name}/${file}`, signal);
    if (source) return zarrArray(store, name, parseZarr(name, await readJsonFile(source, signal)), streams);
  }
  throw new MalformedFileError(
    store.name,
    'Orbax',
    { en: `array ${named(name).en}`, ja: `配列${named(name).ja}の定義` },
    missing,
    oneOf(METADATA_FILES),
  );
}

/** Where folders cannot be listed, Orbax's own list of the tree's parameters helps. */
async function namesOfMetadata(folder: ByteFolder, signal?: AbortSignal): Promise<readonly string[]> {
  const tree = (await readFolderJson(folder, '_METADATA', signal))?.tree_metadata;
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.values(tree).flatMap(
    (entry: { readonly key_metadata?: readonly { readonly key?: unknown }[] } | null) => {
      const keys = Array.isArray(entry?.key_metadata) ? entry.key_metadata.map((part) => part?.key) : [];
      return keys.length > 0 && keys.every((key) => typeof key === 'string') ? [keys.join('.')] : [];
    },
  );
}

/**
 * The place of a parameter by its name. Flat trees have names like `transformer/layer_0/attn/q_einsum.w`, nested ones
 * `layer_0.attn.q_einsum.w`, stacked ones `…stacked_layers/attention_type_0/attn/q_einsum.w`.
 */
function parameterOf(name: string): Parameter | undefined {
  const parts = name.split(/[/.]/);
  const start = parts.findIndex((part) => /^(layer_\d+|stacked_layers|embedder|final_norm)$/.test(part));
  const [head, ...rest] = start < 0 ? [] : parts.slice(start);
  if (head === undefined) return undefined;
  const array = (below: readonly string[]) =>
    below.filter((part) => !/^(w|scale|input_embedding)$/.test(part)).join('/');
  const layer = /^layer_(\d+)$/.exec(head)?.[1];
  if (layer !== undefined) return { layer: Number(layer), array: array(rest) };
  if (head !== 'stacked_layers') return { array: array([head, ...rest]) };
  const kind = /^attention_type_(\d+)$/.exec(rest[0] ?? '')?.[1];
  return kind === undefined ? undefined : { kind: Number(kind), array: array(rest.slice(1)) };
}

const placeKey = ({ array, layer, kind }: Parameter): string =>
  layer !== undefined ? `layer_${layer}/${array}` : kind !== undefined ? `stack_${kind}/${array}` : array;

/** Stacked layers: `groups` slices of `pattern` layers each. Layers after them are stored one by one. */
type Stack = { readonly groups: number; readonly pattern: number; readonly layers: number };

function stackOf(name: string, parameters: readonly Parameter[], places: ReadonlyMap<string, StoredArray>): Stack {
  const pattern = 1 + Math.max(-1, ...parameters.map(({ kind }) => kind ?? -1));
  const groups = pattern === 0 ? 0 : (places.get('stack_0/attn/q_einsum')?.shape[0] ?? 0);
  const single = 1 + Math.max(-1, ...parameters.map(({ layer }) => layer ?? -1));
  const layers = Math.max(groups * pattern, single);
  if (layers < 1 || layers > 1024)
    throw new MalformedFileError(name, 'Orbax', { en: 'number of layers', ja: '層の数' }, layers, integerFrom(1, 1024));
  return { groups, pattern, layers };
}

/** The array that holds a tensor, and the tensor's index in its leading axis. */
function locate(
  spec: Pick<TensorSpec, 'layer' | 'flax'>,
  { groups, pattern }: Stack,
): { readonly key: string; readonly lead: readonly { readonly size: number; readonly index: number }[] } {
  const { layer } = spec;
  const { array } = spec.flax;
  if (layer === undefined) return { key: array, lead: [] };
  if (layer >= groups * pattern) return { key: placeKey({ array, layer }), lead: [] };
  return {
    key: placeKey({ array, kind: layer % pattern }),
    lead: [{ size: groups, index: Math.floor(layer / pattern) }],
  };
}

async function readConfig(
  name: string,
  folders: readonly ByteFolder[],
  places: ReadonlyMap<string, StoredArray>,
  stack: Stack,
  signal?: AbortSignal,
): Promise<ReadConfig> {
  const shapeOf = (layer: number | undefined, array: string): readonly number[] => {
    const { key, lead } = locate({ layer, flax: { array } }, stack);
    const found = places.get(key);
    if (!found) throw new MissingTensorError(name, key, 1, 1);
    return found.shape.slice(lead.length);
  };
  const embedding = places.get('embedder');
  if (embedding?.shape.length !== 2) throw new MissingTensorError(name, 'embedder.input_embedding', 1, 1);
  const hiddenSize = embedding.shape[1]!;
  for (const folder of new Set(folders)) {
    const beside = await configBeside(folder, signal);
    if (!beside) continue;
    const vocabularySize = await unpaddedRows(embedding, beside.config, signal);
    return { ...beside, config: { ...beside.config, vocabularySize } };
  }
  const [heads = 0, , headDim = 0] = shapeOf(0, 'attn/q_einsum');
  const [, kvHeads = 0] = shapeOf(0, 'attn/kv_einsum');
  const [intermediateSize = 0] = shapeOf(0, 'mlp/linear');
  if (!heads || !headDim || !kvHeads || !intermediateSize) throw new MissingTensorError(name, 'attn/q_einsum', 1, 1);
  return inferConfig({
    layers: stack.layers,
    hiddenSize,
    intermediateSize,
    vocabularySize: await unpaddedRows(embedding, undefined, signal),
    queryWidth: heads * headDim,
    keyValueWidth: kvHeads * headDim,
    headDim,
  });
}

/**
 * The rows of the embedding without padding. Gemma's own size is known, a configuration may tell another; failing
 * these, rows of zeros that fill up a multiple of 128 are padding.
 */
async function unpaddedRows(
  { shape, read }: StoredArray,
  config: Gemma2Config | undefined,
  signal?: AbortSignal,
): Promise<number> {
  const [rows, width] = shape as [number, number];
  if (rows === PADDED_VOCABULARY) return VOCABULARY;
  if (rows === VOCABULARY || rows % PADDING_MULTIPLE !== 0) return rows;
  const padding = rows - (config?.vocabularySize ?? rows);
  if (padding > 0 && padding < PADDING_MULTIPLE) return rows - padding;
  const tail = Math.min(rows, PADDING_MULTIPLE);
  const bytes = await read((rows - tail) * width, tail * width, signal);
  const rowBytes = bytes.length / tail;
  let end = tail;
  while (end > 1 && bytes.subarray((end - 1) * rowBytes, end * rowBytes).every((byte) => byte === 0)) end--;
  return rows - tail + end;
}
