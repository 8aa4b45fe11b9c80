/// <reference types="node" />
import { beforeAll, describe, expect, it } from 'vitest';
import { httpSource } from '../storage/http-source.ts';
import { memoryFolder, memorySource } from '../storage/memory-source.ts';
import { nodeFileSource, nodeFolder, nodePath } from '../storage/node-file-source.ts';
import { fingerprints, tensorValues } from '../testing/canonical.ts';
import { fixture, readFixture, smallFloatGguf } from '../testing/fixtures.ts';
import { byRange, serve } from '../testing/model-server.ts';
import { openCheckpoint } from './open-checkpoint.ts';

const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
let tiny: Record<string, string>;
let small: Record<string, string>;
beforeAll(async () => {
  const models = await Promise.all(['tiny/hf', 'small/hf'].map((path) => openCheckpoint(nodeFolder(fixture(path)))));
  [tiny, small] = (await Promise.all(models.map(fingerprints))) as [typeof tiny, typeof small];
  for (const model of models) await model.close();
});

const tinyConfig = {
  layers: 4,
  hiddenSize: 96,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  intermediateSize: 160,
  vocabularySize: 112,
  contextLength: 64,
  slidingWindow: 5,
  queryScale: 24 ** -0.5,
  rmsEpsilon: 1e-6,
};

describe('openCheckpoint', () => {
  it('reads a Hugging Face folder with shards, tensor by tensor as the writer made them', async () => {
    const checkpoint = await openCheckpoint(nodeFolder(fixture('tiny/hf')));
    expect(checkpoint).toMatchObject({ format: 'safetensors', name: 'hf', warnings: [], config: tinyConfig });
    expect(checkpoint.tensors.size).toBe(11 * 4 + 2);
    expect([...checkpoint.tensors.keys()].slice(0, 3)).toEqual([
      'model.embed_tokens.weight',
      'model.layers.0.input_layernorm.weight',
      'model.layers.0.self_attn.q_proj.weight',
    ]);
    expect([...checkpoint.tensors.keys()].at(-1)).toBe('model.norm.weight');
    expect(checkpoint.tensors.get('model.layers.1.mlp.down_proj.weight')).toMatchObject({
      shape: [96, 160],
      encoding: 'bf16',
      rowBytes: 320,
    });
    expect(checkpoint.tokenizer).toBeUndefined();
    await checkpoint.close();
  });

  it.each(['f32', 'bf16'] as const)('reads the same model from GGUF %s, bit for bit', async (kind) => {
    const checkpoint = await openCheckpoint(await nodeFileSource(fixture(`tiny/gguf/tiny-${kind}.gguf`)));
    expect(checkpoint).toMatchObject({ format: 'gguf', config: tinyConfig });
    expect(await fingerprints(checkpoint)).toEqual(tiny);
    await checkpoint.close();
  });

  it('reads GGUF F16 with the loss that half precision has', async () => {
    const half = await openCheckpoint(await nodeFileSource(fixture('tiny/gguf/tiny-f16.gguf')));
    const reference = await openCheckpoint(nodeFolder(fixture('tiny/hf')));
    for (const [name, tensor] of reference.tensors) {
      const exact = await tensorValues(tensor);
      const rounded = name.endsWith('norm.weight') ? exact : exact.map((value) => new Float16Array([value])[0]!);
      expect(await tensorValues(half.tensors.get(name)!), name).toEqual(rounded);
    }
    await half.close();
    await reference.close();
  });

  it.each(['f32', 'f16', 'bf16'] as const)('reads the small model from GGUF %s', async (kind) => {
    const checkpoint = await openCheckpoint(memorySource(`small-${kind}.gguf`, smallFloatGguf(kind)));
    expect(await fingerprints(checkpoint)).toEqual(small);
  });

  it.each(['q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q2_k', 'q3_k_m', 'q4_k_s', 'q4_k_m', 'q5_k_m', 'q6_k', 'iq4_xs'])(
    'knows shapes, norms and row sizes of GGUF %s',
    async (kind) => {
      const checkpoint = await openCheckpoint(await nodeFileSource(fixture(`small/gguf/small-${kind}.gguf`)));
      expect(checkpoint.config).toMatchObject({ layers: 4, hiddenSize: 256, slidingWindow: 24, queryScale: 0.125 });
      for (const [name, tensor] of checkpoint.tensors) {
        const whole = await tensor.readRows(0, tensor.shape.length === 1 ? 1 : tensor.shape[0]);
        expect(whole.length, name).toBe(tensor.rowBytes * (tensor.shape.length === 1 ? 1 : tensor.shape[0]));
      }
      expect(await tensorValues(checkpoint.tensors.get('model.norm.weight')!)).toHaveLength(256);
      await checkpoint.close();
    },
  );

  it('joins the parts of a split GGUF, whichever is given', async () => {
    const whole = await openCheckpoint(await nodeFileSource(fixture('small/gguf/small-q4_k_m.gguf')));
    for (const part of [1, 3]) {
      const split = await openCheckpoint(
        await nodeFileSource(fixture(`small/gguf/small-q4_k_m-split-0000${part}-of-00003.gguf`)),
      );
      expect([...split.tensors.keys()]).toEqual([...whole.tensors.keys()]);
      expect(split.config).toEqual(whole.config);
      for (const [name, tensor] of split.tensors) {
        const other = whole.tensors.get(name)!;
        expect(tensor.encoding).toBe(other.encoding);
        const rows = tensor.shape.length === 1 ? 1 : tensor.shape[0];
        expect(await tensor.readRows(0, rows), name).toEqual(await other.readRows(0, rows));
      }
      await split.close();
    }
    await whole.close();
  });

  it('opens one shard as the whole folder, and a single file with the config.json beside it', async () => {
    const sharded = await openCheckpoint(await nodeFileSource(fixture(`tiny/hf/${shards[1]}`)));
    expect(await fingerprints(sharded)).toEqual(tiny);
    await sharded.close();
    const single = await openCheckpoint(await nodePath(fixture('small/hf/model.safetensors')));
    expect(await fingerprints(single)).toEqual(small);
    expect(single.tokenizer).toBeDefined();
    await single.close();
  });

  it('recognises content whatever the name', async () => {
    const checkpoint = await openCheckpoint(memorySource('model.txt', readFixture('tiny/gguf/tiny-f32.gguf')));
    expect(checkpoint.format).toBe('gguf');
  });

  it('opens a folder that holds a GGUF', async () => {
    const folder = memoryFolder('m', new Map([['any.gguf', readFixture('tiny/gguf/tiny-f32.gguf')]]));
    expect(await fingerprints(await openCheckpoint(folder))).toEqual(tiny);
  });

  it('says in Japanese too what is cut off', async () => {
    const start = new TextEncoder().encode('GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\0');
    for (const length of [3, 17])
      await expect(openCheckpoint(memorySource('m.gguf', start.subarray(0, length)))).rejects.toMatchObject({
        code: 'checkpoint-truncated',
        texts: { ja: { what: expect.stringMatching(/ヘッダー（(モデル|GGUF)）は\d+バイト目まで必要/) } },
      });
  });

  it('says in Japanese too what contradicts the format', async () => {
    const japanese = (what: string) => ({ texts: { ja: { what } } });
    const file = new Uint8Array(readFixture('tiny/gguf/tiny-f32.gguf'));
    new DataView(file.buffer).setBigUint64(8, 2n ** 40n, true);
    await expect(openCheckpoint(memorySource('m.gguf', file))).rejects.toMatchObject(
      japanese(
        '「m.gguf」は正しいGGUFファイルではありません。テンソルの数が1099511627776ですが、65536以下でなければなりません。',
      ),
    );
    const index = new TextEncoder().encode('{"weight_map": 3}');
    const folder = new Map([
      ['config.json', readFixture('tiny/hf/config.json')],
      ['model.safetensors.index.json', index],
    ]);
    await expect(openCheckpoint(memoryFolder('m', folder))).rejects.toMatchObject(
      japanese(
        '「model.safetensors.index.json」は正しいJSONファイルではありません。「weight_map」が「3」ですが、オブジェクトでなければなりません。',
      ),
    );
  });

  it('reads over HTTP with few requests', async () => {
    const files = new Map(
      ['config.json', 'model.safetensors.index.json', ...shards].map((name) => [
        `/hf/${name}`,
        readFixture(`tiny/hf/${name}`),
      ]),
    ).set('/tiny.gguf', readFixture('tiny/gguf/tiny-bf16.gguf'));
    const server = await serve((request, response) => {
      const file = files.get(request.url!);
      if (file) byRange(file)(request, response);
      else response.writeHead(404).end();
    });
    try {
      const gguf = await openCheckpoint(await httpSource(`${server.url}tiny.gguf`));
      // The first byte, how the file begins, and the header.
      expect(server.requests).toHaveLength(3);
      expect(await fingerprints(gguf)).toEqual(tiny);
      const folder = await openCheckpoint(await httpSource(`${server.url}hf/${shards[0]}`));
      expect(await fingerprints(folder)).toEqual(tiny);
    } finally {
      await server.close();
    }
  });

  it('closes what it opened, once', async () => {
    let closed = 0;
    const source = {
      ...memorySource('m.gguf', readFixture('tiny/gguf/tiny-f32.gguf')),
      close: async () => void closed++,
    };
    const checkpoint = await openCheckpoint(source);
    expect(closed).toBe(0);
    await checkpoint.close();
    await checkpoint.close();
    expect(closed).toBe(1);
  });

  it('stops when aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(openCheckpoint(nodeFolder(fixture('tiny/hf')), { signal })).rejects.toThrow('enough');
  });
});
