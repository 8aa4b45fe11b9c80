import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { memoryFolder, memorySource } from '../../storage/memory-source.ts';
import { readFixture, readFixtureJson } from '../../testing/fixtures.ts';
import { openCheckpoint } from '../open-checkpoint.ts';
import { readHdf5 } from './hdf5-file.ts';
import { configFromKeras } from './keras-config.ts';

const file = readFixture('tiny/keras/model.weights.h5');
const text = new TextDecoder('latin1').decode(file);
const changed = (...edits: readonly (readonly [at: number, byte: number])[]) => {
  const copy = new Uint8Array(file);
  for (const [at, byte] of edits) copy[at] = byte;
  return copy;
};
const read = (bytes: Uint8Array) => readHdf5(memorySource('model.weights.h5', bytes));
const refuses = (code: string) => (error: unknown) => isTamaError(error, code);

describe('readHdf5', () => {
  it('finds every dataset with its shape and type', async () => {
    const datasets = await read(file);
    expect(datasets.size).toBe(2 + 4 * 11);
    expect(datasets.get('layers/gemma_decoder_block_3/attention/query_dense/vars/0')).toMatchObject({
      shape: [4, 96, 32],
      encoding: 'bf16',
    });
  });

  const tree = text.indexOf('TREE');
  it.each<[string, Uint8Array, string]>([
    ['a newer superblock', changed([8, 2]), 'checkpoint-unsupported'],
    ['offsets of four bytes', changed([13, 4]), 'checkpoint-malformed'],
    ['a root group past the end', changed([64 + 5, 1]), 'checkpoint-malformed'],
    ['a B-tree without its signature', changed([tree, 0x58]), 'checkpoint-malformed'],
    ['a file that is cut off', file.subarray(0, -1), 'checkpoint-truncated'],
    ['a file of nothing but its signature', file.subarray(0, 90), 'checkpoint-truncated'],
  ])('refuses %s', async (_, bytes, code) => {
    await expect(read(bytes)).rejects.toSatisfy(refuses(code));
  });

  it('refuses a tree that leads back into itself', async () => {
    const bytes = changed([tree + 5, 1]);
    new DataView(bytes.buffer).setBigUint64(tree + 32, BigInt(tree), true);
    await expect(read(bytes)).rejects.toSatisfy(refuses('checkpoint-malformed'));
  });
});

describe('a Keras preset', () => {
  const config = readFixtureJson<Record<string, unknown>>('tiny/keras/backbone_config.json');
  const open = (json: unknown) =>
    openCheckpoint(
      memoryFolder(
        'preset',
        new Map([
          ['config.json', new TextEncoder().encode(JSON.stringify(json))],
          ['model.weights.h5', file],
        ]),
      ),
    );

  it('has its configuration inside that of the class', async () => {
    const preset = { module: 'keras_hub.src.models.gemma.gemma_backbone', class_name: 'GemmaBackbone', config };
    expect((await open(preset)).config).toMatchObject({
      intermediateSize: 160,
      slidingWindow: 5,
      queryScale: 24 ** -0.5,
    });
    expect((await open({ ...preset, config: { ...config, query_head_dim_normalize: true } })).config.queryScale).toBe(
      32 ** -0.5,
    );
  });

  it('scales queries of 9B by 256, though made from a configuration that said 224', () => {
    const nineB = { hidden_dim: 3584, num_query_heads: 16, num_key_value_heads: 8, head_dim: 256 };
    const { config: read, warnings } = configFromKeras(
      { ...config, ...nineB, query_head_dim_normalize: false },
      256_000,
    );
    expect(read.queryScale).toBe(1 / 16);
    expect(warnings).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ['Gemma 3', { class_name: 'Gemma3Backbone', config }, 'model-family'],
    ['Gemma 1', { class_name: 'GemmaBackbone', config: { ...config, use_post_ffw_norm: false } }, 'model-family'],
    ['no width', { ...config, hidden_dim: undefined }, 'model-config'],
    ['an odd width', { ...config, intermediate_dim: 321 }, 'model-config'],
    ['more layers than weights', { ...config, num_layers: 5 }, 'tensor-missing'],
    ['fewer layers than weights', { ...config, num_layers: 3 }, 'tensor-unexpected'],
    ['another width than the weights', { ...config, intermediate_dim: 640 }, 'tensor-shape'],
  ])('is refused for %s', async (_, json, code) => {
    await expect(open(json)).rejects.toSatisfy(refuses(code));
  });
});
