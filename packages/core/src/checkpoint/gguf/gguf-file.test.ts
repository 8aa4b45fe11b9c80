import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { memoryFolder, memorySource } from '../../storage/memory-source.ts';
import { tensorValues } from '../../testing/canonical.ts';
import { readFixture } from '../../testing/fixtures.ts';
import { type GgufContent, type GgufTensorContent, writeGguf } from '../../testing/gguf-writer.ts';
import { miniature, miniatureMetadata, miniatureTensors } from '../../testing/tiny-model.ts';
import { openCheckpoint } from '../open-checkpoint.ts';

const sound: GgufContent = { metadata: miniatureMetadata, tensors: miniatureTensors };
const open = (content: GgufContent) => openCheckpoint(memorySource('m.gguf', writeGguf(content)));

async function refusal(content: GgufContent | Promise<unknown>): Promise<{ code: string; message: string }> {
  const opening = content instanceof Promise ? content : open(content);
  const error = await opening.then(
    () => expect.unreachable('it should have been refused'),
    (thrown: unknown) => thrown,
  );
  expect(isTamaError(error), String(error)).toBe(true);
  return error as { code: string; message: string };
}

const withTensor = (index: number, change: Partial<GgufTensorContent>): GgufContent => ({
  ...sound,
  tensors: miniatureTensors.map((tensor, i) => (i === index ? { ...tensor, ...change } : tensor)),
});
const withMetadata = (key: string, type: number, value: unknown): GgufContent => ({
  ...sound,
  metadata: [...miniatureMetadata.filter((entry) => entry.key !== key), { key, type, value }],
});

describe('a sound GGUF file', () => {
  it.each([2, 3])('is read in version %i', async (version) => {
    const { config, metadata, tensors } = await open({ ...sound, version });
    expect(config).toEqual({ ...miniature, queryScale: 4 ** -0.5 });
    expect(metadata['GGUF version']).toBe(version);
    expect(await tensorValues(tensors.get('model.layers.0.mlp.up_proj.weight')!)).toEqual(
      Float32Array.from({ length: 96 }, (_, i) => i / 8),
    );
  });

  it('gives norms without the 1 that GGUF adds', async () => {
    const { tensors } = await open(sound);
    expect(await tensorValues(tensors.get('model.norm.weight')!)).toEqual(
      Float32Array.from({ length: 8 }, (_, i) => i / 8 - 1),
    );
  });

  it('may have another alignment, arrays of arrays, 64-bit values and trailing dimensions of one', async () => {
    const content: GgufContent = {
      ...withMetadata('general.alignment', 4, 128),
      alignment: 128,
      tensors: miniatureTensors.map((tensor) => ({ ...tensor, dimensions: [...tensor.dimensions, 1] })),
    };
    const nested = { key: '', type: 9, element: 8, value: ['a', 'bc'] };
    const extra = [
      { key: 'x.nested', type: 9, element: 9, value: [nested, nested] },
      { key: 'x.seed', type: 10, value: 2n ** 60n },
      { key: 'x.count', type: 10, value: 5n },
      { key: 'x.flag', type: 7, value: 1 },
    ];
    const { tensors, metadata } = await open({ ...content, metadata: [...content.metadata!, ...extra] });
    expect(tensors.get('model.norm.weight')!.shape).toEqual([8]);
    expect(metadata).toMatchObject({ 'x.seed': String(2n ** 60n), 'x.count': 5, 'x.flag': true });
  });

  it('keeps an output matrix only where it differs from the embedding', async () => {
    const [embedding] = miniatureTensors;
    const equal = await open({ ...sound, tensors: [...miniatureTensors, { ...embedding!, name: 'output.weight' }] });
    expect(equal.tensors.has('lm_head.weight')).toBe(false);
    const data = new Uint8Array(embedding!.data);
    data[100]! ^= 1;
    const different = await open({
      ...sound,
      tensors: [...miniatureTensors, { ...embedding!, name: 'output.weight', data }],
    });
    expect(different.tensors.get('lm_head.weight')!.shape).toEqual([6, 8]);
    const half = { ...embedding!, name: 'output.weight', type: 1, data: new Uint8Array(96) };
    expect(
      (await open({ ...sound, tensors: [...miniatureTensors, half] })).tensors.get('lm_head.weight')!.encoding,
    ).toBe('f16');
  });

  it('refuses rows outside a tensor', async () => {
    const { tensors } = await open(sound);
    for (const [first, count] of [
      [6, 1],
      [-1, 1],
      [0, 7],
      [0.5, 1],
    ] as const)
      await expect(tensors.get('model.embed_tokens.weight')!.readRows(first, count)).rejects.toSatisfy((error) =>
        isTamaError(error, 'read-out-of-bounds'),
      );
    await expect(tensors.get('model.norm.weight')!.readRows(1, 1)).rejects.toSatisfy((error) =>
      isTamaError(error, 'read-out-of-bounds'),
    );
  });
});

describe('a GGUF file that lies', () => {
  const huge = 2n ** 63n;
  const cases: readonly [what: string, content: GgufContent, code: string, message: RegExp][] = [
    ['version 1', { ...sound, version: 1 }, 'checkpoint-unsupported', /version 1/],
    ['big-endian', { ...sound, version: 0x03000000 }, 'checkpoint-unsupported', /big-endian/],
    ['a version of the future', { ...sound, version: 4 }, 'checkpoint-malformed', /version is 4/],
    [
      'too many tensors',
      { ...sound, tensorCount: huge },
      'checkpoint-malformed',
      /number of tensors is 9223372036854775808/,
    ],
    ['more tensors than fit', { ...sound, tensorCount: 60_000 }, 'checkpoint-truncated', /60000 tensor infos/],
    ['fewer tensors than are there', { ...sound, tensorCount: 5 }, 'tensor-missing', /lacks the tensor/],
    ['too much metadata', { ...sound, metadataCount: huge }, 'checkpoint-malformed', /metadata entries/],
    ['more metadata than is there', { ...sound, metadataCount: 12 }, 'checkpoint-malformed', /name length/],
    [
      'an array longer than the file',
      { ...sound, metadata: [{ key: 'a', type: 9, element: 4, value: [], count: 2n ** 62n }] },
      'checkpoint-malformed',
      /'a': count/,
    ],
    [
      'an array past the end',
      { ...sound, metadata: [{ key: 'a', type: 9, element: 4, value: [], count: 1e6 }] },
      'checkpoint-truncated',
      /'a'/,
    ],
    ['an unknown value type', withMetadata('a', 13, 0), 'checkpoint-malformed', /'a': type is 13/],
    [
      'a repeated key',
      { ...sound, metadata: [...miniatureMetadata, ...miniatureMetadata] },
      'checkpoint-malformed',
      /metadata key is general.architecture/,
    ],
    [
      'a repeated tensor',
      { ...sound, tensors: [...miniatureTensors, ...miniatureTensors] },
      'checkpoint-malformed',
      /tensor name is token_embd.weight/,
    ],
    ['alignment 0', withMetadata('general.alignment', 4, 0), 'checkpoint-malformed', /alignment is 0/],
    ['alignment 48', withMetadata('general.alignment', 4, 48), 'checkpoint-malformed', /power of two/],
    ['alignment as text', withMetadata('general.alignment', 8, '32'), 'checkpoint-malformed', /alignment/],
    ['no dimensions', withTensor(0, { dimensionCount: 0 }), 'checkpoint-malformed', /number of dimensions is 0/],
    ['twelve dimensions', withTensor(0, { dimensionCount: 12 }), 'checkpoint-malformed', /number of dimensions is 12/],
    ['a dimension of zero', withTensor(0, { dimensions: [8, 0] }), 'checkpoint-malformed', /dimension 1 is 0/],
    ['a dimension past 2^53', withTensor(0, { dimensions: [8, huge] }), 'checkpoint-malformed', /dimension 1/],
    [
      'a product that overflows',
      withTensor(0, { dimensions: [2n ** 32n, 2n ** 32n] }),
      'checkpoint-truncated',
      /token_embd/,
    ],
    [
      'a quantised row of half a block',
      withTensor(0, { type: 8, dimensions: [48, 6] }),
      'checkpoint-malformed',
      /row length is 48/,
    ],
    ['a type that is not supported', withTensor(0, { type: 17 }), 'tensor-type', /IQ2_XS/],
    ['a type that does not exist', withTensor(0, { type: 77 }), 'tensor-type', /ggml type 77/],
    [
      'a quantised norm',
      withTensor(1, { type: 8, dimensions: [32], data: new Uint8Array(34) }),
      'tensor-type',
      /attn_norm/,
    ],
    ['an offset past the end', withTensor(3, { offset: 2 ** 20 }), 'checkpoint-truncated', /attn_k/],
    ['an offset past 2^53', withTensor(3, { offset: huge }), 'checkpoint-malformed', /offset/],
    ['an unaligned offset', withTensor(3, { offset: 33 }), 'checkpoint-malformed', /multiple of 32/],
    ['overlapping tensors', withTensor(3, { offset: 0 }), 'checkpoint-malformed', /start of data/],
    [
      'a wrong shape',
      withTensor(2, { dimensions: [8, 4], data: new Uint8Array(128) }),
      'tensor-shape',
      /\[4, 8\].*\[8, 8\]/,
    ],
    ['a transposed matrix', withTensor(8, { dimensions: [12, 8] }), 'tensor-shape', /\[8, 12\].*\[12, 8\]/],
    [
      'a missing tensor',
      { ...sound, tensors: miniatureTensors.slice(0, -1) },
      'tensor-missing',
      /model.norm.weight.*1 of 13/,
    ],
    [
      'a foreign tensor',
      { ...sound, tensors: [...miniatureTensors, { ...miniatureTensors[0]!, name: 'rope_freqs.weight' }] },
      'tensor-unexpected',
      /rope_freqs/,
    ],
    [
      'more layers than it says',
      { ...sound, tensors: [...miniatureTensors, { ...miniatureTensors[1]!, name: 'blk.1.attn_norm.weight' }] },
      'tensor-unexpected',
      /blk.1/,
    ],
    ['fewer layers than it says', withMetadata('gemma2.block_count', 4, 2), 'tensor-missing', /layers.1/],
    ['another family', withMetadata('general.architecture', 8, 'llama'), 'model-family', /'llama'/],
    ['a bad hyper-parameter', withMetadata('gemma2.attention.key_length', 4, 0), 'model-config', /key_length/],
    ['part of a split file, alone', withMetadata('split.count', 4, 3), 'checkpoint-malformed', /file name/],
  ];
  it.each(cases)('is refused: %s', async (_, content, code, message) => {
    const error = await refusal(content);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('is refused wherever it is cut off', async () => {
    const whole = writeGguf(sound);
    for (let size = 0; size < whole.length; size++) {
      const { code } = await refusal(openCheckpoint(memorySource('m.gguf', whole.subarray(0, size))));
      if (code !== 'checkpoint-truncated') expect.unreachable(`${size} bytes: ${code}`);
    }
  });

  it('is refused when text in it is not UTF-8', async () => {
    const file = writeGguf(sound);
    file[32] = 0xff;
    expect((await refusal(openCheckpoint(memorySource('m.gguf', file)))).message).toContain('UTF-8');
  });

  it('is refused when arrays nest without end', async () => {
    let value: unknown = { key: '', type: 9, element: 0, value: [] };
    for (let depth = 0; depth < 50; depth++) value = { key: '', type: 9, element: 9, value: [value] };
    const error = await refusal({ ...sound, metadata: [{ key: 'deep', type: 9, element: 9, value: [value] }] });
    expect(error.message).toContain('nesting');
  });
});

describe('a split GGUF file', () => {
  const name = (part: number) => `small-q4_k_m-split-0000${part}-of-00003.gguf`;
  const part = (number: number) => readFixture(`small/gguf/${name(number)}`);

  it('names the part that is missing', async () => {
    const folder = memoryFolder(
      'models',
      new Map([
        [name(1), part(1)],
        [name(3), part(3)],
      ]),
    );
    const error = await refusal(openCheckpoint((await folder.open(name(3)))!));
    expect(error.code).toBe('file-missing');
    expect(error.message).toContain(name(2));
  });

  it('refuses parts that were mixed up', async () => {
    const folder = memoryFolder(
      'models',
      new Map([
        [name(1), part(1)],
        [name(2), part(3)],
        [name(3), part(2)],
      ]),
    );
    const error = await refusal(openCheckpoint((await folder.open(name(1)))!));
    expect(error.message).toContain('split.no');
  });
});
