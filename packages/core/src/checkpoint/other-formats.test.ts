/// <reference types="node" />
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryFolder } from '../storage/memory-source.ts';
import { nodeFolder, nodePath } from '../storage/node-file-source.ts';
import { fingerprints, tensorValues } from '../testing/canonical.ts';
import { fixture, readFixture } from '../testing/fixtures.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { crc32c } from './orbax/crc32c.ts';

/** The f32 bits of every tensor, from the Hugging Face folder: what all other formats must give. */
let tiny: Record<string, string>;
let values: Map<string, Float32Array>;
beforeAll(async () => {
  const checkpoint = await openCheckpoint(nodeFolder(fixture('tiny/hf')));
  tiny = await fingerprints(checkpoint);
  values = new Map();
  for (const [name, tensor] of checkpoint.tensors) values.set(name, await tensorValues(tensor));
  await checkpoint.close();
});

async function use<T>(path: string, look: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  const checkpoint = await openCheckpoint(await nodePath(fixture(path)));
  try {
    return await look(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

const shape = { layers: 4, hiddenSize: 96, intermediateSize: 160, vocabularySize: 112 };
const heads = { heads: 4, kvHeads: 2, headDim: 32 };

describe('every format holds the same model, bit for bit', () => {
  it.each([
    ['keras', 'tiny/keras'],
    ['keras', 'tiny/keras/model.weights.h5'],
    ['keras', 'tiny/keras_sharded'],
    ['keras', 'tiny/keras_sharded/model_00002.weights.h5'],
    ['torch', 'tiny/pytorch'],
    ['torch', 'tiny/pytorch/model.ckpt'],
    ['orbax', 'tiny/orbax_zarr2'],
    ['orbax', 'tiny/orbax_ocdbt'],
    ['orbax', 'tiny/orbax_ocdbt/manifest.ocdbt'],
    ['orbax', 'tiny/orbax_ocdbt_transposed_gating'],
    ['orbax', 'tiny/orbax_ocdbt_zarr3'],
    ['orbax', 'tiny/orbax_zarr3'],
  ] as const)('%s: %s', async (format, path) => {
    await use(path, async (checkpoint) => {
      expect(checkpoint.format).toBe(format);
      expect(checkpoint.config).toMatchObject(shape);
      expect(await fingerprints(checkpoint)).toEqual(tiny);
    });
  });

  it('reads rows in any order and amount', async () => {
    for (const path of ['tiny/keras', 'tiny/orbax_ocdbt', 'tiny/orbax_zarr3'])
      await use(path, async ({ tensors }) => {
        for (const name of [
          'model.layers.1.self_attn.v_proj.weight',
          'model.layers.2.mlp.up_proj.weight',
          'model.layers.3.mlp.down_proj.weight',
          'model.embed_tokens.weight',
        ]) {
          const tensor = tensors.get(name)!;
          const width = tensor.shape[1]!;
          const expected = values.get(name)!;
          for (const [first, count] of [
            [50, 3],
            [0, 1],
            [30, 34],
            [1, 2],
            [tensor.shape[0] - 1, 1],
            [7, 0],
          ] as const) {
            const bytes = await tensor.readRows(first, count);
            const floats = new Float32Array(
              Uint32Array.from(new Uint16Array(bytes.buffer), (bits) => bits << 16).buffer,
            );
            expect(floats, `${path} ${name} ${first}+${count}`).toEqual(
              expected.slice(first * width, (first + count) * width),
            );
          }
        }
      });
  });
});

describe('the configuration', () => {
  it('comes from the Keras preset', async () => {
    await use('tiny/keras', async ({ config, warnings }) => {
      expect(config).toMatchObject({ ...shape, ...heads, slidingWindow: 5, queryScale: 24 ** -0.5, rmsEpsilon: 1e-6 });
      expect(warnings).toEqual([]);
    });
  });

  it('is inferred from the shapes where there is none, and says what it assumed', async () => {
    for (const path of ['tiny/keras_sharded', 'tiny/orbax_zarr2'])
      await use(path, async ({ config, warnings }) => {
        expect(config).toMatchObject({ ...shape, ...heads, slidingWindow: 4096, queryScale: 24 ** -0.5 });
        expect(warnings[0]?.en).toMatch(/sliding window of 4096/);
        expect(warnings[0]?.ja).toMatch(/スライディングウィンドウ4096/);
      });
    await use('tiny/pytorch', async ({ warnings }) => expect(warnings[0]?.en).toMatch(/heads of/));
  });

  it('comes from a config.json that was put beside the weights', async () => {
    const config = readFixture('tiny/hf/config.json');
    const torch = memoryFolder(
      'm',
      new Map([
        ['model.ckpt', readFixture('tiny/pytorch/model.ckpt')],
        ['config.json', config],
      ]),
    );
    const keras = memoryFolder(
      'm',
      new Map([
        ['model.weights.h5', readFixture('tiny/keras/model.weights.h5')],
        ['config.json', config],
      ]),
    );
    for (const folder of [torch, keras]) {
      const checkpoint = await openCheckpoint(folder);
      expect(checkpoint.config).toMatchObject({ ...shape, ...heads, slidingWindow: 5 });
      expect(checkpoint.warnings).toEqual([]);
      expect(await fingerprints(checkpoint)).toEqual(tiny);
    }
  });
});

/** An array of floats as JAX would hold it: its shape and where each element comes from. */
type FlaxArray = { readonly shape: readonly number[]; readonly values: Float32Array };

const bfloat16 = (floats: Float32Array) =>
  new Uint8Array(
    Uint16Array.from(new Uint32Array(floats.buffer, floats.byteOffset, floats.length), (bits) => bits >>> 16).buffer,
  );

/** The canonical [out, in] as [in, out], each head by itself if its width is given. */
function inOut(name: string, rows: number, width: number, headDim = rows): Float32Array {
  const from = values.get(name)!;
  const to = new Float32Array(rows * width);
  for (let head = 0; head < rows / headDim; head++)
    for (let column = 0; column < width; column++)
      for (let row = 0; row < headDim; row++)
        to[(head * width + column) * headDim + row] = from[(head * headDim + row) * width + column]!;
  return to;
}

const joined = (...parts: readonly Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));

/** The tree of google-deepmind/gemma for one layer. */
function flaxLayer(layer: number): Record<string, FlaxArray> {
  const at = (name: string) => `model.layers.${layer}.${name}.weight`;
  const norm = (name: string): FlaxArray => ({ shape: [96], values: values.get(at(name))! });
  return {
    'pre_attention_norm/scale': norm('input_layernorm'),
    'post_attention_norm/scale': norm('post_attention_layernorm'),
    'pre_ffw_norm/scale': norm('pre_feedforward_layernorm'),
    'post_ffw_norm/scale': norm('post_feedforward_layernorm'),
    'attn/q_einsum/w': { shape: [4, 96, 32], values: inOut(at('self_attn.q_proj'), 128, 96, 32) },
    'attn/kv_einsum/w': {
      shape: [2, 2, 96, 32],
      values: joined(inOut(at('self_attn.k_proj'), 64, 96, 32), inOut(at('self_attn.v_proj'), 64, 96, 32)),
    },
    'attn/attn_vec_einsum/w': { shape: [4, 32, 96], values: inOut(at('self_attn.o_proj'), 96, 128) },
    'mlp/gating_einsum/w': {
      shape: [2, 96, 160],
      values: joined(inOut(at('mlp.gate_proj'), 160, 96), inOut(at('mlp.up_proj'), 160, 96)),
    },
    'mlp/linear/w': { shape: [160, 96], values: inOut(at('mlp.down_proj'), 96, 160) },
  };
}

/** Parameters by name, with `embedding` rows and the layers as `place` wants them. */
function flaxTree(
  place: (layers: readonly Record<string, FlaxArray>[]) => Record<string, FlaxArray>,
): Record<string, FlaxArray> {
  return {
    'embedder/input_embedding': {
      shape: [128, 96],
      values: joined(values.get('model.embed_tokens.weight')!, new Float32Array(16 * 96)),
    },
    'final_norm/scale': { shape: [96], values: values.get('model.norm.weight')! },
    ...place([0, 1, 2, 3].map(flaxLayer)),
  };
}

const oneByOne = (layers: readonly Record<string, FlaxArray>[]) =>
  Object.fromEntries(
    layers.flatMap((layer, i) => Object.entries(layer).map(([name, array]) => [`layer_${i}/${name}`, array])),
  );

/** The box of a grid at a position, padded to its full size with what must not be read. */
function box({ shape, values: all }: FlaxArray, chunk: readonly number[], position: readonly number[]): Float32Array {
  const content = new Float32Array(chunk.reduce((product, size) => product * size, 1)).fill(123);
  for (let i = 0; i < content.length; i++) {
    let rest = i;
    const local = chunk.toReversed().map((size) => {
      const index = rest % size;
      rest = Math.floor(rest / size);
      return index;
    });
    const index = local.reverse().map((within, axis) => position[axis]! * chunk[axis]! + within);
    if (index.some((at, axis) => at >= shape[axis]!)) continue;
    content[i] = all[index.reduce((flat, at, axis) => flat * shape[axis]! + at, 0)]!;
  }
  return content;
}

function positions(counts: readonly number[]): readonly (readonly number[])[] {
  return counts.reduce<readonly (readonly number[])[]>(
    (all, count) => all.flatMap((start) => Array.from({ length: count }, (_, i) => [...start, i])),
    [[]],
  );
}

type Writing = {
  readonly chunkOf: (shape: readonly number[]) => readonly number[];
  readonly codec: 'zstd' | 'gzip' | 'none';
  /** Chunks in a shard along every axis; for version 3 only. */
  readonly perShard?: number;
  readonly separator?: '.' | '/';
};

const compress = (codec: Writing['codec'], bytes: Uint8Array): Uint8Array =>
  codec === 'zstd' ? zstdCompressSync(bytes) : codec === 'gzip' ? gzipSync(bytes) : bytes;

/** Writes arrays as zarr of version 2, or 3 with shards, one folder each. */
function writeZarr(
  tree: Record<string, FlaxArray>,
  nameOf: (path: string) => string,
  { chunkOf, codec, perShard, separator = '.' }: Writing,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const json = (path: string, value: unknown) => files.set(path, new TextEncoder().encode(JSON.stringify(value)));
  for (const [path, array] of Object.entries(tree)) {
    const name = nameOf(path);
    const { shape: extent } = array;
    const chunk = chunkOf(extent);
    const bytesAt = (position: readonly number[]) => compress(codec, bfloat16(box(array, chunk, position)));
    if (perShard === undefined) {
      json(`${name}/.zarray`, {
        zarr_format: 2,
        shape: extent,
        chunks: chunk,
        dtype: 'bfloat16',
        order: 'C',
        filters: null,
        fill_value: null,
        dimension_separator: separator,
        compressor: codec === 'none' ? null : { id: codec, level: 1 },
      });
      for (const position of positions(extent.map((size, axis) => Math.ceil(size / chunk[axis]!))))
        files.set(`${name}/${position.join(separator)}`, bytesAt(position));
      continue;
    }
    const shard = chunk.map((size) => size * perShard);
    const codecs = [
      { name: 'bytes', configuration: { endian: 'little' } },
      ...(codec === 'none' ? [] : [{ name: codec, configuration: {} }]),
    ];
    json(`${name}/zarr.json`, {
      zarr_format: 3,
      node_type: 'array',
      shape: extent,
      data_type: 'bfloat16',
      fill_value: 0,
      chunk_grid: { name: 'regular', configuration: { chunk_shape: shard } },
      chunk_key_encoding: { name: 'default' },
      codecs: [
        {
          name: 'sharding_indexed',
          configuration: { chunk_shape: chunk, codecs, index_codecs: [{ name: 'bytes' }, { name: 'crc32c' }] },
        },
      ],
    });
    for (const place of positions(extent.map((size, axis) => Math.ceil(size / shard[axis]!)))) {
      const inner = positions(extent.map(() => perShard)).map((within) =>
        place.map((index, axis) => index * perShard + within[axis]!),
      );
      const chunks = inner.map((position) =>
        position.some((index, axis) => index * chunk[axis]! >= extent[axis]!) ? undefined : bytesAt(position),
      );
      const index = new DataView(new ArrayBuffer(chunks.length * 16 + 4));
      let offset = 0;
      chunks.forEach((bytes, i) => {
        index.setBigUint64(16 * i, bytes ? BigInt(offset) : 2n ** 64n - 1n, true);
        index.setBigUint64(16 * i + 8, bytes ? BigInt(bytes.length) : 2n ** 64n - 1n, true);
        offset += bytes?.length ?? 0;
      });
      index.setUint32(chunks.length * 16, crc32c(new Uint8Array(index.buffer, 0, chunks.length * 16)), true);
      files.set(
        `${name}/c/${place.join('/')}`,
        new Uint8Array(Buffer.concat([...chunks.filter((bytes) => bytes !== undefined), new Uint8Array(index.buffer)])),
      );
    }
  }
  return files;
}

const flat = (path: string) => `transformer/${path.replace(/\/(w|scale|input_embedding)$/, '.$1')}`;
const nested = (path: string) => path.replaceAll('/', '.');

describe('Orbax as other writers may have left it', () => {
  const whole = (extent: readonly number[]) => extent;
  const uneven = (extent: readonly number[]) =>
    extent.map((size, axis) => Math.max(1, Math.ceil(size / (2 + axis)) + 1));
  const columns = (extent: readonly number[]) =>
    extent.map((size, axis) => (axis === extent.length - 1 ? size / 8 : size));
  const rows = (extent: readonly number[]) => extent.map((size, axis) => (axis === 0 ? 1 : size));

  it.each<[string, (path: string) => string, Writing]>([
    ['gzip, as before April 2023', flat, { chunkOf: whole, codec: 'gzip' }],
    ['no compression, nested names', nested, { chunkOf: whole, codec: 'none' }],
    ['chunks that do not divide the array', flat, { chunkOf: uneven, codec: 'zstd' }],
    ['chunks that do not divide the array, uncompressed', flat, { chunkOf: uneven, codec: 'none', separator: '/' }],
    ['chunks larger than the array', flat, { chunkOf: (extent) => extent.map((size) => size + 3), codec: 'zstd' }],
    ['columns divided among eight devices', nested, { chunkOf: columns, codec: 'zstd' }],
    ['one chunk a row of the first axis', flat, { chunkOf: rows, codec: 'none' }],
    ['zarr 3 with shards of several chunks', flat, { chunkOf: uneven, codec: 'zstd', perShard: 2 }],
    ['zarr 3 with gzip', nested, { chunkOf: whole, codec: 'gzip', perShard: 1 }],
  ])('%s', async (_, nameOf, writing) => {
    const folder = memoryFolder('gemma', writeZarr(flaxTree(oneByOne), nameOf, writing));
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.config).toMatchObject({ ...shape, ...heads });
    expect(await fingerprints(checkpoint)).toEqual(tiny);
  });

  it('layers stacked in two kinds, the checkpoint in a folder below with the tokenizer above it', async () => {
    const stacked = (layers: readonly Record<string, FlaxArray>[]) =>
      Object.fromEntries(
        [0, 1].flatMap((kind) =>
          Object.keys(layers[0]!).map((name) => {
            const parts = [layers[kind]![name]!, layers[kind + 2]![name]!];
            return [
              `stacked_layers/attention_type_${kind}/${name}`,
              { shape: [2, ...parts[0]!.shape], values: joined(...parts.map((part) => part.values)) },
            ];
          }),
        ),
      );
    const files = writeZarr(flaxTree(stacked), (path) => `2b-it/default/params.transformer.${nested(path)}`, {
      chunkOf: (extent) => extent,
      codec: 'zstd',
    });
    files.set('2b-it/default/_METADATA', new TextEncoder().encode('{}'));
    files.set('tokenizer.model', readFixture('tokenizer/tokenizer.model'));
    const checkpoint = await openCheckpoint(memoryFolder('kaggle', files));
    expect(await fingerprints(checkpoint)).toEqual(tiny);
    expect((await checkpoint.tokenizer!()).vocabulary.pieces).toHaveLength(1632);
  });

  it('finds the arrays by _METADATA where folders cannot be listed', async () => {
    const { list: _, ...folder } = nodeFolder(fixture('tiny/orbax_zarr2'));
    const checkpoint = await openCheckpoint(folder);
    expect(await fingerprints(checkpoint)).toEqual(tiny);
    await checkpoint.close();
  });
});
