import { Tokenizer, vocabularyFromSentencePiece } from '@tama/tokenizer';
import { afterEach, describe, expect, it } from 'vitest';
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.ts';
import { rowCount } from '../checkpoint/checkpoint.ts';
import { readGguf } from '../checkpoint/gguf/gguf-file.ts';
import { readNumbers, readStrings } from '../checkpoint/gguf/gguf-metadata.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { memoryFolder, memorySource } from '../storage/memory-source.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { fingerprints } from '../testing/canonical.ts';
import { fixture, readFixture, readFixtureJson, smallFloatGguf } from '../testing/fixtures.ts';
import { repositoryPath } from '../testing/goldens.ts';
import { MemorySink } from '../testing/memory-sink.ts';
import { sentencePieceModel } from './sentencepiece-model.ts';
import type { WeightType } from './weight-types.ts';
import { type ConvertOptions, writeGguf } from './write-gguf.ts';
import { type HuggingFaceOptions, writeHuggingFace } from './write-hugging-face.ts';

const opened: Checkpoint[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((checkpoint) => checkpoint.close()));
});

async function open(path: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(await nodePath(path));
  opened.push(checkpoint);
  return checkpoint;
}

async function toGguf(path: string, options: ConvertOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const checkpoint = await open(path);
  const sink = new MemorySink();
  await writeGguf(checkpoint, await checkpoint.tokenizer?.(), sink, options);
  return sink.bytes;
}

async function toFolder(path: string, options: HuggingFaceOptions = {}): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const checkpoint = await open(path);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  await writeHuggingFace(
    checkpoint,
    await checkpoint.tokenizer?.(),
    async (file, produce) => {
      const sink = new MemorySink();
      await produce(sink);
      files.set(file, sink.bytes);
    },
    options,
  );
  return files;
}

const bytesOf = (tensor: CheckpointTensor) => tensor.readRows(0, rowCount(tensor));

describe('a GGUF from the demo checkpoint', () => {
  const shipped = repositoryPath('models/demo/tama-demo-Q8_0.gguf');

  it('has the tensors and the vocabulary of the shipped file, which another converter wrote, bit for bit', async () => {
    const written = memorySource('demo.gguf', await toGguf(repositoryPath('models/demo/checkpoint'), { type: 'q8_0' }));
    const source = await nodePath(shipped);
    if ('open' in source) throw new Error('not a file');
    const [ours, theirs] = await Promise.all([readGguf(written), readGguf(source)]);
    expect([...ours.tensors.keys()].toSorted()).toEqual([...theirs.tensors.keys()].toSorted());
    for (const [name, tensor] of theirs.tensors) {
      const our = ours.tensors.get(name)!;
      const { offset, ...rest } = tensor;
      expect(our).toMatchObject(rest);
      const bytes = await source.read(offset, tensor.byteLength);
      expect(Buffer.compare(await written.read(our.offset, our.byteLength), bytes), name).toBe(0);
    }
    const arrays = (file: typeof ours, key: string) => file.metadata.arrays.get(`tokenizer.ggml.${key}`)!;
    expect(await readStrings(written, arrays(ours, 'tokens'))).toEqual(
      await readStrings(source, arrays(theirs, 'tokens')),
    );
    expect(await readNumbers(written, arrays(ours, 'scores'))).toEqual(
      await readNumbers(source, arrays(theirs, 'scores')),
    );
    const MASK = 4; // user-defined there, control as llama.cpp's converter has it
    const types = async (file: typeof ours, from: typeof written) =>
      (await readNumbers(from, arrays(file, 'token_type'))).with(MASK, 0);
    expect(await types(ours, written)).toEqual(await types(theirs, source));
    const { 'general.name': _, 'general.type': type, ...values } = ours.metadata.values;
    expect(type).toBe('model');
    const { 'general.name': name, ...expected } = theirs.metadata.values;
    expect(name).toBe('Tama demo');
    expect(values).toMatchObject(expected);
    expect(ours.metadata.values['tokenizer.chat_template']).toContain('<start_of_turn>');
    await source.close?.();
  });
});

describe('the types of a file', () => {
  type Golden = { readonly files: Record<string, { readonly tensor_type_of: Record<string, string> }> };
  const { files } = readFixtureJson<Golden>('small/golden.json');

  it.each(['q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q4_k_s', 'q4_k_m', 'q5_k_m', 'q6_k'] as const)(
    '%s: encodings and metadata are those of llama.cpp',
    async (type) => {
      const written = await readGguf(memorySource('m.gguf', await toGguf(fixture('small/hf'), { type })));
      const types = [...written.tensors]
        .filter(([, { dimensions }]) => dimensions.length === 2)
        .map(([name, { encoding }]) => [name, encoding]);
      const expected = Object.entries(files[type]!.tensor_type_of).map(([name, type]) => [name, type.toLowerCase()]);
      expect(Object.fromEntries(types)).toEqual(Object.fromEntries(expected));
      const reference = await readGguf(memorySource('m.gguf', readFixture(`small/gguf/small-${type}.gguf`)));
      expect(written.metadata.values).toMatchObject({
        ...reference.metadata.values,
        'general.name': 'hf',
        'gemma2.context_length': 512, // the fixture's header says 8192, its config.json 512
        'tokenizer.chat_template': expect.stringContaining('<start_of_turn>'),
      });
    },
  );

  it.each(['f32', 'f16', 'bf16'] as const)('%s: the weights are those that the usual converter wrote', async (type) => {
    const [ours, theirs] = [await toGguf(fixture('small/hf'), { type }), smallFloatGguf(type)];
    const { tensors } = await readGguf(memorySource('m.gguf', ours));
    for (const { name, offset, byteLength } of (await readGguf(memorySource('m.gguf', theirs))).tensors.values()) {
      const our = tensors.get(name)!;
      const bytes = ours.subarray(our.offset, our.offset + our.byteLength);
      expect(Buffer.compare(bytes, theirs.subarray(offset, offset + byteLength)), name).toBe(0);
    }
  });

  it('takes smaller blocks where rows are no whole number of large ones', async () => {
    const { tensors } = await readGguf(memorySource('m.gguf', await toGguf(fixture('tiny/hf'), { type: 'q4_k_m' })));
    const encodings = (pattern: RegExp) =>
      new Set([...tensors.values()].filter(({ name }) => pattern.test(name)).map(({ encoding }) => encoding));
    expect(encodings(/token_embd/)).toEqual(new Set(['q8_0']));
    expect(encodings(/ffn_gate/)).toEqual(new Set(['q5_0']));
  });
});

describe('every format', () => {
  const sources = [
    'tiny/hf',
    'tiny/pytorch/model.ckpt',
    'tiny/keras_sharded',
    'tiny/orbax_zarr2',
    'tiny/gguf/tiny-bf16.gguf',
  ];

  it('becomes the same model, as GGUF and as a Hugging Face folder', async () => {
    const original = await fingerprints(await open(fixture('tiny/hf')));
    for (const path of sources) {
      const gguf = await openCheckpoint(memorySource('m.gguf', await toGguf(fixture(path))));
      expect(await fingerprints(gguf), path).toEqual(original);
      const folder = await openCheckpoint(memoryFolder('m', await toFolder(fixture(path))));
      expect(await fingerprints(folder), path).toEqual(original);
      if (path === 'tiny/hf') {
        const { config } = await open(fixture(path));
        expect(folder.config).toEqual(config);
        expect({ ...gguf.config, queryScale: 0 }).toEqual({ ...config, queryScale: 0 });
        expect(gguf.config.queryScale).toBeCloseTo(config.queryScale, 7);
      }
    }
  });

  it('keeps quantised weights as they are, and in safetensors as f32', async () => {
    const path = fixture('small/gguf/small-q4_k_m.gguf');
    const original = await open(path);
    const gguf = await openCheckpoint(memorySource('m.gguf', await toGguf(path)));
    expect(gguf.metadata['general.file_type']).toBe(15);
    for (const [name, tensor] of original.tensors) {
      expect(gguf.tensors.get(name)!.encoding).toBe(tensor.encoding);
      if (tensor.shape.length === 1) continue;
      expect(Buffer.compare(await bytesOf(gguf.tensors.get(name)!), await bytesOf(tensor)), name).toBe(0);
    }
    const folder = await openCheckpoint(memoryFolder('m', await toFolder(path)));
    expect(folder.tensors.get('model.embed_tokens.weight')!.encoding).toBe('f32');
    const again = await openCheckpoint(memoryFolder('m', await toFolder(path, { type: 'bf16' })));
    expect(again.tensors.get('model.norm.weight')!.encoding).toBe('bf16');
    expect(folder.config).toEqual(original.config);
  });

  it('becomes shards of safetensors and their index where it is larger than a file may be', async () => {
    const original = await open(fixture('small/hf'));
    const sizes = [...original.tensors.values()].map((tensor) => rowCount(tensor) * tensor.rowBytes);
    const shardBytes = Math.max(...sizes) + 1000;
    const files = await toFolder(fixture('small/hf'), { shardBytes });
    const shards = [...files.keys()].filter((file) => file.endsWith('.safetensors')).sort();
    expect(shards.length).toBeGreaterThan(2);
    const digits = (number: number) => String(number).padStart(5, '0');
    expect(shards).toEqual(shards.map((_, i) => `model-${digits(i + 1)}-of-${digits(shards.length)}.safetensors`));
    for (const shard of shards) {
      const header = Number(new DataView(files.get(shard)!.buffer).getBigUint64(0, true));
      expect(files.get(shard)!.length - header - 8).toBeLessThanOrEqual(shardBytes);
    }
    const index = JSON.parse(new TextDecoder().decode(files.get('model.safetensors.index.json')));
    expect(index.metadata.total_size).toBe(sizes.reduce((sum, bytes) => sum + bytes, 0));
    expect(Object.keys(index.weight_map).toSorted()).toEqual([...original.tensors.keys()].toSorted());
    const again = await openCheckpoint(memoryFolder('m', files));
    expect(await fingerprints(again)).toEqual(await fingerprints(original));
  });

  it('takes its tokenizer along', async () => {
    const texts = readFixtureJson<{ encode: { text: string; ids: number[] }[] }>('tokenizer/golden.json').encode;
    const small = fixture('small/hf');
    const [original, gguf, folder] = [
      await open(small),
      await openCheckpoint(memorySource('m.gguf', await toGguf(small, { type: 'q4_0' }))),
      await openCheckpoint(memoryFolder('m', await toFolder(small))),
    ];
    const expected = await original.tokenizer!();
    for (const checkpoint of [gguf, folder]) {
      const found = await checkpoint.tokenizer!();
      for (const { text } of texts) expect(found.encode(text)).toEqual(expected.encode(text));
    }
    expect((await folder.tokenizer!()).vocabulary).toEqual(expected.vocabulary);
  });
});

describe('what cannot be converted', () => {
  it('a quantised type for safetensors', async () => {
    await expect(toFolder(fixture('tiny/hf'), { type: 'q8_0' })).rejects.toMatchObject({ code: 'format-type' });
  });

  const damaged = async (value: number) => {
    const file = readFixture('tiny/gguf/tiny-f32.gguf');
    const tensor = (await readGguf(memorySource('m', file))).tensors.get('blk.1.attn_k.weight')!;
    new DataView(file.buffer).setFloat32(tensor.offset + 4 * 96 * 3, value, true);
    return openCheckpoint(memorySource('m.gguf', file));
  };

  it.each(['f16', 'q8_0'] as const)('a weight that %s cannot hold', async (type: WeightType) => {
    await expect(writeGguf(await damaged(1e9), undefined, new MemorySink(), { type })).rejects.toMatchObject({
      code: 'weights-out-of-range',
      details: { tensor: 'model.layers.1.self_attn.k_proj.weight', row: 3, encoding: type },
    });
  });

  it('weights that are no numbers', async () => {
    await expect(writeGguf(await damaged(Number.NaN), undefined, new MemorySink())).rejects.toMatchObject({
      code: 'weights-not-finite',
    });
  });
});

it('writes a vocabulary as the SentencePiece model that reads as it', () => {
  const original = vocabularyFromSentencePiece(readFixture('tokenizer/tokenizer.model'));
  const again = vocabularyFromSentencePiece(sentencePieceModel(original));
  expect(again).toEqual(original);
  expect(new Tokenizer(again).encode('Hi  there\n\n')).toEqual(new Tokenizer(original).encode('Hi  there\n\n'));
});
