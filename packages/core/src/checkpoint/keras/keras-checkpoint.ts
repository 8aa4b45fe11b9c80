import { object, same, unique } from '../../expectation.ts';
import type { ReadConfig } from '../../gemma2/config.ts';
import type { ByteFolder, ByteSource } from '../../storage/byte-source.ts';
import { FileMissingError } from '../../storage/storage-errors.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoint.ts';
import { MalformedFileError, MissingTensorError, UnexpectedTensorError } from '../checkpoint-errors.ts';
import { folderTokenizer } from '../folder-tokenizer.ts';
import { EMBEDDING, gemma2Tensors, type TensorSpec } from '../gemma2-tensors.ts';
import { configBeside, inferConfig } from '../inferred-config.ts';
import { readFolderJson } from '../json-file.ts';
import { type StoredArray, storedTensor, TransposedRows } from '../stored-array.ts';
import { completeTensorSet } from '../tensor-set.ts';
import { placeTensor } from '../weight-axes.ts';
import { readHdf5 } from './hdf5-file.ts';
import { configFromKeras } from './keras-config.ts';

export const WEIGHTS_FILE = 'model.weights.h5';
export const WEIGHTS_INDEX = 'model.weights.json';
/** The preset's own file, or a backbone's configuration saved by itself. */
const CONFIG_FILES = ['config.json', 'backbone_config.json'];

// Very old files call the first component after Keras' internals.
const LAYER_PATH = /^(?:layers|_layer_checkpoint_dependencies)\/(.+)\/vars\/0$/;
const BLOCK_PATH = /^gemma_decoder_block(?:_(\d+))?\/(.+)$/;

/** Opens a keras-hub preset of Gemma 2, or one of its weight files with what lies beside it. */
export async function openKeras(
  folder: ByteFolder | undefined,
  only: ByteSource | undefined,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Omit<Checkpoint, 'close'>> {
  const name = only?.name ?? folder?.name ?? WEIGHTS_FILE;
  const arrays = await readWeights(folder, only, closing, signal);
  const { config, warnings } = await readConfig(name, folder, arrays, signal);
  const transposed = new TransposedRows();
  const tensors = new Map<string, CheckpointTensor>();
  const known = new Set<string>();
  for (const spec of gemma2Tensors(config)) {
    const path = pathOf(spec);
    const array = arrays.get(path);
    known.add(path);
    if (array)
      tensors.set(
        spec.name,
        storedTensor(spec.name, spec.shape, array, placeTensor(name, spec, config, array.shape), transposed),
      );
  }
  const complete = completeTensorSet(name, config, tensors);
  for (const path of arrays.keys()) if (!known.has(path)) throw new UnexpectedTensorError(name, path);
  const tokenizer = folder && (await folderTokenizer(folder, signal, { style: 'keras' }));
  return {
    format: 'keras',
    name,
    config,
    tensors: complete,
    ...(tokenizer ? { tokenizer } : {}),
    warnings,
    metadata: {},
  };
}

/** Blocks are counted from 0, but the first has no number. */
const pathOf = ({ layer, keras }: Pick<TensorSpec, 'layer' | 'keras'>): string =>
  layer === undefined ? keras : `gemma_decoder_block${layer === 0 ? '' : `_${layer}`}/${keras}`;

/** The arrays of all weight files by path, without what is the same around every path. */
async function readWeights(
  folder: ByteFolder | undefined,
  only: ByteSource | undefined,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, StoredArray>> {
  const shards = folder && (await readIndex(folder, signal));
  const names = shards && (!only || shards.includes(only.name)) ? shards : [only?.name ?? WEIGHTS_FILE];
  const arrays = new Map<string, StoredArray>();
  for (const name of names) {
    const source = name === only?.name ? only : await folder?.open(name, signal);
    if (!source) throw new FileMissingError(name, folder?.name ?? name);
    if (source !== only) closing.push(source);
    for (const [path, array] of await readHdf5(source, signal)) {
      const layer = LAYER_PATH.exec(path)?.[1];
      if (layer === undefined) throw new UnexpectedTensorError(name, path);
      if (arrays.has(layer))
        throw new MalformedFileError(name, 'HDF5', { en: 'dataset', ja: 'データセット' }, path, unique);
      arrays.set(layer, array);
    }
  }
  return arrays;
}

async function readIndex(folder: ByteFolder, signal?: AbortSignal): Promise<readonly string[] | undefined> {
  const json = await readFolderJson(folder, WEIGHTS_INDEX, signal);
  if (!json) return undefined;
  const map = json.weight_map;
  const malformed = (found: unknown) =>
    new MalformedFileError(WEIGHTS_INDEX, 'JSON', 'weight_map', String(found), object);
  if (typeof map !== 'object' || map === null) throw malformed(map);
  const files = Object.values(map).flat();
  for (const file of files)
    if (typeof file !== 'string' || !/^[^/\\]+\.h5$/.test(file))
      throw new MalformedFileError(WEIGHTS_INDEX, 'JSON', 'weight_map', String(file), same('*.h5'));
  return [...new Set(files as string[])].sort();
}

async function readConfig(
  name: string,
  folder: ByteFolder | undefined,
  arrays: ReadonlyMap<string, StoredArray>,
  signal?: AbortSignal,
): Promise<ReadConfig> {
  const embedding = arrays.get('reversible_embedding');
  if (embedding?.shape.length !== 2) throw new MissingTensorError(name, EMBEDDING, 1, 1);
  const [vocabularySize, hiddenSize] = embedding.shape as [number, number];
  for (const path of folder ? CONFIG_FILES : []) {
    const json = await readFolderJson(folder!, path, signal);
    if (json && !('model_type' in json)) return configFromKeras(json, vocabularySize, path);
  }
  const beside = await configBeside(folder, signal);
  if (beside) return { ...beside, config: { ...beside.config, vocabularySize } };
  const shapeOf = (keras: string): readonly number[] => {
    const array = arrays.get(pathOf({ layer: 0, keras }));
    return array ? array.shape : [];
  };
  const [heads = 0, , headDim = 0] = shapeOf('attention/query_dense');
  const [kvHeads = 0] = shapeOf('attention/key_dense');
  const [, intermediateSize = 0] = shapeOf('gating_ffw');
  if (!heads || !headDim || !kvHeads || !intermediateSize)
    throw new MissingTensorError(name, 'model.layers.0.self_attn.q_proj.weight', 1, 1);
  const layers = 1 + Math.max(...[...arrays.keys()].map((path) => Number(BLOCK_PATH.exec(path)?.[1] ?? 0)));
  return inferConfig({
    layers,
    hiddenSize,
    intermediateSize,
    vocabularySize,
    queryWidth: heads * headDim,
    keyValueWidth: kvHeads * headDim,
    headDim,
  });
}
