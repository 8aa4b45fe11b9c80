/// <reference types="node" />
import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { memoryFolder, memorySource } from '../../storage/memory-source.ts';
import { tensorValues } from '../../testing/canonical.ts';
import { readFixture } from '../../testing/fixtures.ts';
import { miniature, miniatureConfigJson } from '../../testing/tiny-model.ts';
import { gemma2Tensors } from '../gemma2-tensors.ts';
import { openCheckpoint } from '../open-checkpoint.ts';
import { unpickle } from './unpickler.ts';

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const refuses = (code: string) => (error: unknown) => isTamaError(error, code);

/** A zip archive with stored entries; `method` pretends that they are compressed. */
function zip(entries: Record<string, Uint8Array>, method = 0): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(content.length, 20);
    central.writeUInt32LE(content.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    parts.push(local, Buffer.from(name), Buffer.from(content));
    directory.push(central, Buffer.from(name));
    offset += 30 + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

type Saved = {
  readonly shape: readonly number[];
  readonly storage?: string;
  readonly bytes: Uint8Array;
  readonly stride?: readonly number[];
};

const int = (value: number) =>
  `J${String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24)}`;
const unicode = (text: string) => `X${int(text.length).slice(1)}${text}`;
const tuple = (items: readonly string[]) => `(${items.join('')}t`;

/** A pickle of a plain dictionary of tensors, as torch.save writes it. */
function stateDict(tensors: Record<string, Saved>): Uint8Array {
  const items = Object.entries(tensors).map(([name, { shape, storage = 'FloatStorage', stride }], i) => {
    const contiguous = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
    const persistent = `${tuple([unicode('storage'), `ctorch\n${storage}\n`, unicode(String(i)), unicode('cpu'), int(0)])}Q`;
    const sizes = [shape, stride ?? contiguous].map((list) => tuple(list.map(int)));
    return `${unicode(name)}ctorch._utils\n_rebuild_tensor_v2\n${tuple([persistent, int(0), ...sizes, '\x89', 'ccollections\nOrderedDict\n)R'])}R`;
  });
  return latin1(`\x80\x02}(${items.join('')}u.`);
}

const archive = (tensors: Record<string, Saved>, pickle = stateDict(tensors)): Uint8Array =>
  zip({
    'archive/data.pkl': pickle,
    ...Object.fromEntries(Object.values(tensors).map(({ bytes }, i) => [`archive/data/${i}`, bytes])),
  });

const floats = (count: number, first = 0) =>
  new Uint8Array(Float32Array.from({ length: count }, (_, i) => first + i / 4).buffer);

/** The miniature model under Hugging Face's names. */
const plain = (): Record<string, Saved> =>
  Object.fromEntries(
    gemma2Tensors(miniature).map(({ name, shape }) => [
      name,
      { shape, bytes: floats(shape.reduce((product, size) => product * size, 1)) },
    ]),
  );

const config = latin1(JSON.stringify(miniatureConfigJson));
const open = (file: Uint8Array) =>
  openCheckpoint(
    memoryFolder(
      'm',
      new Map([
        ['config.json', config],
        ['model.ckpt', file],
      ]),
    ),
  );

describe('a PyTorch checkpoint', () => {
  it('may have the names of Hugging Face, and rotary buffers beside them', async () => {
    const buffers = { freqs_cis: { shape: [4, 2], storage: 'ComplexFloatStorage', bytes: new Uint8Array(64) } };
    const { tensors, config: read } = await open(archive({ ...plain(), ...buffers }));
    expect(read.vocabularySize).toBe(6);
    expect(await tensorValues(tensors.get('model.norm.weight')!)).toEqual(
      Float32Array.from({ length: 8 }, (_, i) => i / 4),
    );
  });

  it('may lack the first part of every name, as a model saved without its head does', async () => {
    const bare = Object.entries(plain()).map(([name, tensor]) => [name.slice('model.'.length), tensor] as const);
    expect([...(await open(archive(Object.fromEntries(bare)))).tensors.keys()]).toEqual(Object.keys(plain()));
  });

  it('may be quantised by gemma_pytorch: int8 times a factor for each row', async () => {
    const up = 'model.layers.0.mlp.up_proj.weight';
    const integers = Int8Array.from({ length: 96 }, (_, i) => i - 48);
    const tensors = {
      ...plain(),
      [up]: { shape: [12, 8], storage: 'CharStorage', bytes: new Uint8Array(integers.buffer) },
      [`${up}_scaler`]: { shape: [12], bytes: floats(12, 1) },
    };
    const checkpoint = await open(archive(tensors));
    const expected = Float32Array.from(integers, (value, i) => value * (1 + Math.floor(i / 8) / 4));
    expect(await tensorValues(checkpoint.tensors.get(up)!)).toEqual(expected);
  });

  it('may be split into shards with an index', async () => {
    const all = Object.entries(plain());
    const halves = [all.slice(0, 5), all.slice(5)].map((half) => Object.fromEntries(half));
    const map = Object.fromEntries(
      halves.flatMap((half, i) => Object.keys(half).map((name) => [name, `pytorch_model-0000${i + 1}-of-00002.bin`])),
    );
    const files = new Map<string, Uint8Array>([
      ['config.json', config],
      ['pytorch_model.bin.index.json', latin1(JSON.stringify({ weight_map: map }))],
      ...halves.map((half, i) => [`pytorch_model-0000${i + 1}-of-00002.bin`, archive(half)] as const),
    ]);
    expect((await openCheckpoint(memoryFolder('m', files))).tensors.size).toBe(13);
    files.delete('pytorch_model-00002-of-00002.bin');
    await expect(openCheckpoint(memoryFolder('m', files))).rejects.toSatisfy(refuses('file-missing'));
  });

  it.each<[string, () => Uint8Array, string]>([
    ['a zip that is compressed', () => zip({ 'archive/data.pkl': stateDict({}) }, 8), 'checkpoint-unsupported'],
    ['a zip of something else', () => zip({ 'word/document.xml': floats(4) }), 'checkpoint-malformed'],
    [
      'a type that is not float',
      () => archive({ ...plain(), 'model.norm.weight': { shape: [8], storage: 'LongStorage', bytes: floats(16) } }),
      'tensor-type',
    ],
    [
      'a transposed tensor',
      () =>
        archive({
          ...plain(),
          'model.layers.0.mlp.up_proj.weight': { shape: [12, 8], stride: [1, 12], bytes: floats(96) },
        }),
      'checkpoint-unsupported',
    ],
    [
      'a tensor longer than its storage',
      () => archive({ ...plain(), 'model.norm.weight': { shape: [8], bytes: floats(7) } }),
      'checkpoint-malformed',
    ],
    [
      'a shape of billions',
      () => archive({ ...plain(), 'model.norm.weight': { shape: [2 ** 30, 2 ** 30], bytes: floats(7) } }),
      'checkpoint-malformed',
    ],
    [
      'another shape',
      () => archive({ ...plain(), 'model.norm.weight': { shape: [4], bytes: floats(4) } }),
      'tensor-shape',
    ],
    ['a foreign tensor', () => archive({ ...plain(), adapter: { shape: [4], bytes: floats(4) } }), 'tensor-unexpected'],
    ['a pickle that is cut off', () => archive(plain(), stateDict(plain()).subarray(0, -1)), 'checkpoint-truncated'],
    ['a pickle of a number', () => archive(plain(), latin1('\x80\x02K\x05.')), 'checkpoint-malformed'],
  ])('is refused: %s', async (_, file, code) => {
    await expect(open(file())).rejects.toSatisfy(refuses(code));
  });
});

describe('unpickle', () => {
  const run =
    (pickle: string, allowed = new Set(['collections.OrderedDict'])) =>
    () =>
      unpickle('data.pkl', latin1(pickle), allowed);

  it.each([
    ['cos\nsystem\n(X\x04\x00\x00\x00echotR.', 'os.system'],
    ['\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.', 'builtins.eval'],
    ['c__builtin__\ngetattr\n.', '__builtin__.getattr'],
  ])('refuses names outside the list: %j', (pickle, name) => {
    expect(run(pickle)).toThrow(name);
  });

  it('tells in Japanese what is not supported, and what is', () => {
    expect(run('cos\nsystem\n(X\x04\x00\x00\x00echotR.')).toThrow(
      expect.objectContaining({
        texts: expect.objectContaining({
          ja: {
            what: '「data.pkl」は対応していない形式（pickle内のPythonの名前「os.system」）を使っています。',
            remedy: '次の形式のモデルを使ってください: テンソルだけの辞書（state_dict）。',
          },
        }),
      }),
    );
  });

  it.each(['\x80\x02i', '\x80\x02o', '\x80\x02\x81', '\x80\x02P', '\x80\x02\x82', 'S', 'F'])(
    'refuses operations that weights do not need: %j',
    (pickle) => {
      expect(run(pickle)).toThrow(/pickle operation/);
    },
  );

  it.each(['.', 'N0.', 't.', 't.K', 'N(s.', 'h\x05.', 'NR.', '\x8a\xff.', ']Na', '(NNNu.', 'X\xff\xff\xff\x7f'])(
    'ends in a typed error: %j',
    (pickle) => {
      expect(run(pickle)).toThrow(expect.toSatisfy((error: unknown) => isTamaError(error)));
    },
  );

  it('reads values, shared ones too', () => {
    expect(run('\x80\x02](K\x01J\xff\xff\xff\xff\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00e.')).toThrow(
      'length of an integer',
    );
    expect(
      run(
        '\x80\x02](K\x01J\xff\xff\xff\xff\x8a\x02\x00\x01X\x01\x00\x00\x00aq\x00h\x00NG\x3f\xf0\x00\x00\x00\x00\x00\x00\x88e.',
      )(),
    ).toEqual([1, -1, 256, 'a', 'a', null, 1, true]);
  });
});

it('reads the byte order', async () => {
  const file = readFixture('tiny/pytorch/model.ckpt');
  const text = Buffer.from(file).indexOf('little');
  file.set(latin1('biggie'), text);
  await expect(openCheckpoint(memorySource('model.ckpt', file))).rejects.toSatisfy(refuses('checkpoint-unsupported'));
});
