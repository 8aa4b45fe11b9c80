import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../storage/memory-source.ts';
import {
  miniature,
  miniatureConfigJson,
  miniatureSafetensors,
  type SafetensorsEntry,
  writeSafetensors,
} from '../../testing/tiny-model.ts';
import { openCheckpoint } from '../open-checkpoint.ts';

const { header, data } = miniatureSafetensors();
const embedding = 'model.embed_tokens.weight';
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const folderOf = (files: Record<string, Uint8Array>) => memoryFolder('gemma', new Map(Object.entries(files)));
const open = (file: Uint8Array, more: Record<string, Uint8Array> = {}) =>
  openCheckpoint(folderOf({ 'config.json': json(miniatureConfigJson), 'model.safetensors': file, ...more }));

async function refusal(opening: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await opening.then(
    () => expect.unreachable('it should have been refused'),
    (thrown: unknown) => thrown,
  );
  expect(isTamaError(error), String(error)).toBe(true);
  return error as { code: string; message: string };
}

const withEntry = (name: string, entry: Partial<SafetensorsEntry>) => ({
  ...header,
  [name]: { ...header[name]!, ...entry },
});

describe('a sound safetensors file', () => {
  it('is read, padded with spaces or not, at any alignment', async () => {
    for (const padding of ['', ' ', '       ']) {
      const { config, tensors } = await open(
        writeSafetensors(JSON.stringify({ __metadata__: { format: 'pt' }, ...header }) + padding, data),
      );
      expect(config).toEqual({ ...miniature, contextLength: 8192, slidingWindow: 4096, queryScale: 0.5 });
      expect(tensors.size).toBe(13);
    }
  });

  it('tells the vocabulary size by the embedding, as fine-tunes may have grown it', async () => {
    const config = json({ ...miniatureConfigJson, vocab_size: 4 });
    expect((await open(writeSafetensors(header, data), { 'config.json': config })).config.vocabularySize).toBe(6);
  });

  it('may lack the first part of every name, as a model saved without its head does', async () => {
    const bare = Object.fromEntries(
      Object.entries(header).map(([name, entry]) => [name.slice('model.'.length), entry]),
    );
    const weight_map = Object.fromEntries(Object.keys(bare).map((name) => [name, 'model.safetensors']));
    const file = writeSafetensors(bare, data);
    for (const more of [{}, { 'model.safetensors.index.json': json({ weight_map }) }]) {
      const { tensors } = await open(file, more);
      expect([...tensors.keys()]).toEqual(Object.keys(header));
      expect([...tensors.values()].map(({ name }) => name)).toEqual(Object.keys(header));
    }
    const both = {
      ...header,
      'norm.weight': { dtype: 'F32', shape: [8], data_offsets: [data.length, data.length + 32] },
    };
    const error = await refusal(open(writeSafetensors(both, new Uint8Array(data.length + 32))));
    expect(error.code).toBe('checkpoint-malformed');
    expect(error.message).toContain('norm.weight');
  });

  it('keeps lm_head only where it differs, and ignores saved rotary buffers', async () => {
    const begin = data.length;
    const { shape } = header[embedding]!;
    const end = begin + 4 * shape[0]! * shape[1]!;
    const entries = {
      ...header,
      'lm_head.weight': { dtype: 'F32', shape, data_offsets: [begin, end] },
      'model.layers.0.self_attn.rotary_emb.inv_freq': { dtype: 'F32', shape: [2], data_offsets: [end, end + 8] },
    };
    const bytes = new Uint8Array(end + 8);
    expect((await open(writeSafetensors(entries, bytes))).tensors.has('lm_head.weight')).toBe(false);
    bytes[begin + 5] = 1;
    expect((await open(writeSafetensors(entries, bytes))).tensors.get('lm_head.weight')?.shape).toEqual(shape);
  });
});

describe('a safetensors file that lies', () => {
  const [begin, end] = header[embedding]!.data_offsets as [number, number];
  const text = JSON.stringify(header);
  const cases: readonly [what: string, file: Uint8Array, code: string, message: RegExp][] = [
    ['a header longer than the file', writeSafetensors(header, data, 50_000n), 'checkpoint-truncated', /the header/],
    ['a header of 2^60 bytes', writeSafetensors(header, data, 2n ** 60n), 'checkpoint-malformed', /header length/],
    ['a header of no bytes', writeSafetensors(header, data, 0n), 'checkpoint-malformed', /header length/],
    ['a header that is no JSON', writeSafetensors(`${text.slice(0, -1)} `, data), 'checkpoint-malformed', /JSON/],
    ['a header that is a list', writeSafetensors('[]', data), 'checkpoint-malformed', /first byte/],
    [
      'a repeated name',
      writeSafetensors(`${text.slice(0, -1)},${text.slice(1)}`, data),
      'checkpoint-malformed',
      /JSON key is model/,
    ],
    [
      'a repeated name with an escape',
      writeSafetensors(`${text.slice(0, -1)},"\\u006dodel.norm.weight":{}}`, data),
      'checkpoint-malformed',
      /JSON key/,
    ],
    [
      'an entry that is a number',
      writeSafetensors({ ...header, [embedding]: 5 }, data),
      'checkpoint-malformed',
      /embed_tokens/,
    ],
    [
      'an unknown dtype',
      writeSafetensors(withEntry(embedding, { dtype: 'F128' }), data),
      'checkpoint-malformed',
      /dtype is F128/,
    ],
    [
      'a dtype that is not supported',
      writeSafetensors(withEntry(embedding, { dtype: 'I32' }), data),
      'tensor-type',
      /I32/,
    ],
    [
      'a negative dimension',
      writeSafetensors(withEntry(embedding, { shape: [-6, -8] }), data),
      'checkpoint-malformed',
      /shape/,
    ],
    [
      'a shape that overflows',
      writeSafetensors(withEntry(embedding, { shape: [2 ** 40, 2 ** 40] }), data),
      'checkpoint-malformed',
      /data_offsets/,
    ],
    [
      'offsets that disagree with the shape',
      writeSafetensors(withEntry(embedding, { data_offsets: [begin, end - 4] }), data),
      'checkpoint-malformed',
      /data_offsets/,
    ],
    [
      'offsets in reverse',
      writeSafetensors(withEntry(embedding, { data_offsets: [end, begin] }), data),
      'checkpoint-malformed',
      /data_offsets/,
    ],
    [
      'offsets of three numbers',
      writeSafetensors(withEntry(embedding, { data_offsets: [begin, end, end] }), data),
      'checkpoint-malformed',
      /data_offsets/,
    ],
    [
      'an overlap',
      writeSafetensors(withEntry(embedding, { data_offsets: [begin + 32, end + 32] }), data),
      'checkpoint-malformed',
      /start of data/,
    ],
    [
      'data after the last tensor',
      writeSafetensors(header, new Uint8Array(data.length + 1)),
      'checkpoint-malformed',
      /size of the file/,
    ],
    ['data that is cut off', writeSafetensors(header, data.subarray(0, -1)), 'checkpoint-truncated', /cut off/],
    [
      'metadata that is no text',
      writeSafetensors({ __metadata__: { a: 1 }, ...header }, data),
      'checkpoint-malformed',
      /__metadata__/,
    ],
    [
      'a matrix for a norm',
      writeSafetensors(withEntry('model.norm.weight', { shape: [4, 2] }), data),
      'tensor-shape',
      /\[4, 2\]/,
    ],
    [
      'a scalar for a norm',
      writeSafetensors(
        {
          ...header,
          'model.norm.weight': { dtype: 'F32', shape: [], data_offsets: [data.length - 32, data.length - 28] },
        },
        data.subarray(0, -28),
      ),
      'tensor-shape',
      /\[\]/,
    ],
    [
      'a foreign tensor',
      writeSafetensors(
        { ...header, 'model.extra': { dtype: 'F32', shape: [0], data_offsets: [data.length, data.length] } },
        data,
      ),
      'tensor-unexpected',
      /model.extra/,
    ],
  ];
  it.each(cases)('is refused: %s', async (_, file, code, message) => {
    const error = await refusal(open(file));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('is refused for nesting without end, and quickly', async () => {
    const deep = `{"a":${'['.repeat(2_000_000)}`;
    expect((await refusal(open(writeSafetensors(deep, data)))).code).toBe('checkpoint-malformed');
  });
});

describe('a Hugging Face folder', () => {
  const file = writeSafetensors(header, data);
  const index = (weightMap: unknown) => json({ metadata: {}, weight_map: weightMap });
  const allIn = (name: string) => Object.fromEntries(Object.keys(header).map((tensor) => [tensor, name]));

  it.each([
    ['no config.json', { 'model.safetensors': file }, 'file-missing', /config.json/],
    ['no weights', { 'config.json': json(miniatureConfigJson) }, 'file-missing', /model.safetensors/],
    [
      'a config.json that is no JSON',
      { 'config.json': new TextEncoder().encode('{,}') },
      'checkpoint-malformed',
      /valid JSON/,
    ],
    ['another family', { 'config.json': json({ model_type: 'qwen2' }) }, 'model-family', /qwen2/],
    [
      'a missing shard',
      { 'config.json': json(miniatureConfigJson), 'model.safetensors.index.json': index(allIn('a.safetensors')) },
      'file-missing',
      /a.safetensors/,
    ],
    [
      'a shard outside the folder',
      { 'config.json': json(miniatureConfigJson), 'model.safetensors.index.json': index(allIn('../../x.safetensors')) },
      'checkpoint-malformed',
      /weight_map/,
    ],
    [
      'a shard without its tensor',
      {
        'config.json': json(miniatureConfigJson),
        'a.safetensors': file,
        'model.safetensors.index.json': index({ ...allIn('a.safetensors'), more: 'a.safetensors' }),
      },
      'tensor-missing',
      /more/,
    ],
    [
      'a shard with a tensor of another',
      {
        'config.json': json(miniatureConfigJson),
        'a.safetensors': file,
        'model.safetensors.index.json': index({ ...allIn('a.safetensors'), [embedding]: 'b.safetensors' }),
      },
      'checkpoint-malformed',
      /embed_tokens/,
    ],
    [
      'weights quantised by another tool',
      {
        'config.json': json({ ...miniatureConfigJson, quantization_config: { quant_method: 'gptq' } }),
        'model.safetensors': file,
      },
      'checkpoint-unsupported',
      /gptq/,
    ],
    [
      'an untied head that is not there',
      { 'config.json': json({ ...miniatureConfigJson, tie_word_embeddings: false }), 'model.safetensors': file },
      'tensor-missing',
      /lm_head/,
    ],
  ] as const)('is refused with %s', async (_, files, code, message) => {
    const error = await refusal(openCheckpoint(folderOf(files as unknown as Record<string, Uint8Array>)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('is not needed for one file, but its config.json is', async () => {
    const bare = (await folderOf({ 'model.safetensors': file }).open('model.safetensors'))!;
    expect((await refusal(openCheckpoint(bare))).message).toContain('config.json');
    const { folder: _, ...alone } = bare;
    expect((await refusal(openCheckpoint(alone))).code).toBe('checkpoint-part');
  });
});
