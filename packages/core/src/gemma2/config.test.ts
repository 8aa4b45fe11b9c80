import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { readFixtureJson } from '../testing/fixtures.ts';
import { configFromGguf, configFromHuggingFace } from './config.ts';

const published = {
  architectures: ['Gemma2ForCausalLM'],
  attn_logit_softcapping: 50,
  final_logit_softcapping: 30,
  head_dim: 256,
  hidden_activation: 'gelu_pytorch_tanh',
  hidden_size: 2304,
  intermediate_size: 9216,
  max_position_embeddings: 8192,
  model_type: 'gemma2',
  num_attention_heads: 8,
  num_hidden_layers: 26,
  num_key_value_heads: 4,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  sliding_window: 4096,
  vocab_size: 256000,
  eos_token_id: [1, 107],
};
const nineB = {
  ...published,
  hidden_size: 3584,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  num_hidden_layers: 42,
};
const gguf = {
  'general.architecture': 'gemma2',
  'gemma2.context_length': 8192,
  'gemma2.embedding_length': 2304,
  'gemma2.block_count': 26,
  'gemma2.feed_forward_length': 9216,
  'gemma2.attention.head_count': 8,
  'gemma2.attention.head_count_kv': 4,
  'gemma2.attention.layer_norm_rms_epsilon': Math.fround(1e-6),
  'gemma2.attention.key_length': 256,
  'gemma2.attention.value_length': 256,
};

function refusal(read: () => unknown): { code: string; message: string } {
  try {
    read();
  } catch (error) {
    if (isTamaError(error)) return error;
    throw error;
  }
  return expect.unreachable('it should have been refused');
}

describe('configFromHuggingFace', () => {
  it('reads the published 2B configuration', () => {
    const { config, warnings } = configFromHuggingFace(published);
    expect(config).toEqual({
      layers: 26,
      hiddenSize: 2304,
      heads: 8,
      kvHeads: 4,
      headDim: 256,
      intermediateSize: 9216,
      vocabularySize: 256000,
      contextLength: 8192,
      slidingWindow: 4096,
      attentionSoftcap: 50,
      finalSoftcap: 30,
      queryScale: 0.0625,
      ropeTheta: 10000,
      rmsEpsilon: 1e-6,
    });
    expect(warnings).toEqual([]);
  });

  it('reads what transformers 5 writes: rope_parameters and layer_types', () => {
    const { config } = configFromHuggingFace(readFixtureJson('tiny/hf/config.json'));
    expect(config).toMatchObject({ layers: 4, hiddenSize: 96, headDim: 32, slidingWindow: 5, ropeTheta: 10000 });
    expect(config.queryScale).toBe(24 ** -0.5);
  });

  it('uses 256 for 9B where the configuration says 224, and warns', () => {
    const { config, warnings } = configFromHuggingFace({ ...nineB, query_pre_attn_scalar: 224 });
    expect(config.queryScale).toBe(0.0625);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toEqual({ en: expect.stringContaining('224'), ja: expect.stringContaining('224ですが') });
    expect(configFromHuggingFace(nineB).warnings).toEqual([]);
  });

  it('honours the scalar of every other shape', () => {
    const twentySevenB = {
      ...published,
      hidden_size: 4608,
      num_attention_heads: 32,
      head_dim: 128,
      query_pre_attn_scalar: 144,
    };
    expect(configFromHuggingFace(twentySevenB).config.queryScale).toBeCloseTo(1 / 12, 12);
  });

  it.each([
    ['gemma', { model_type: 'gemma' }],
    ['gemma3', { model_type: 'gemma3', text_config: {} }],
    ['LlamaForCausalLM', { architectures: ['LlamaForCausalLM'], model_type: undefined }],
  ])('names another family: %s', (family, change) => {
    const error = refusal(() => configFromHuggingFace({ ...published, ...change }));
    expect(error.code).toBe('model-family');
    expect(error.message).toContain(`'${family}'`);
  });

  it.each([
    ['hidden_size', undefined],
    ['hidden_size', '2304'],
    ['hidden_size', 2 ** 40],
    ['num_hidden_layers', 0],
    ['num_hidden_layers', 1e9],
    ['num_attention_heads', 7],
    ['head_dim', 254],
    ['head_dim', Number.NaN],
    ['head_dim', null],
    ['head_dim', 260],
    ['vocab_size', -1],
    ['rms_norm_eps', 0],
    ['attn_logit_softcapping', null],
    ['attn_logit_softcapping', 65],
    ['sliding_window', null],
    ['rope_scaling', { type: 'linear', factor: 2 }],
    ['rope_parameters', { rope_type: 'yarn', rope_theta: 1 }],
    ['hidden_activation', 'gelu'],
    ['attention_bias', true],
    ['layer_types', ['full_attention']],
    ['layer_types', Array(26).fill('sliding_attention')],
    ['layer_types', Array.from({ length: 27 }, (_, i) => (i % 2 ? 'full_attention' : 'sliding_attention'))],
  ])('refuses %s = %j', (field, value) => {
    const error = refusal(() => configFromHuggingFace({ ...published, [field]: value }));
    expect(error.code).toBe('model-config');
    expect(error.message).toContain(field === 'rope_parameters' ? 'rope_type' : field);
  });

  it.each([null, [], 'gemma2', 5])('refuses %j for a configuration', (json) => {
    expect(refusal(() => configFromHuggingFace(json)).code).toBe('model-config');
  });
});

describe('configFromGguf', () => {
  it('gives files of June 2024 the soft-caps and the window they lack', () => {
    const { config } = configFromGguf(gguf, 256000);
    expect(config).toEqual(configFromHuggingFace(published).config);
  });

  it.each([
    ['2B', {}, 256],
    ['9B', { 'gemma2.embedding_length': 3584, 'gemma2.attention.head_count': 16 }, 256],
    [
      '27B',
      {
        'gemma2.embedding_length': 4608,
        'gemma2.attention.head_count': 32,
        'gemma2.attention.key_length': 128,
        'gemma2.attention.value_length': 128,
      },
      144,
    ],
    ['a two-layer slice of 2B', { 'gemma2.block_count': 2 }, 256],
  ])('knows the query scale of %s, which GGUF has no key for', (_, change, scalar) => {
    const { config, warnings } = configFromGguf({ ...gguf, ...change }, 256000);
    expect(config.queryScale).toBeCloseTo(scalar ** -0.5, 12);
    expect(warnings).toEqual([]);
  });

  it('says what it takes for the query scalar where the rules for it disagree', () => {
    const odd = { 'gemma2.attention.key_length': 64, 'gemma2.attention.value_length': 64 };
    const { config, warnings } = configFromGguf({ ...gguf, ...odd }, 256000);
    expect(config.queryScale).toBeCloseTo(288 ** -0.5, 12); // D/N of 2304 and 8
    expect(warnings).toEqual([
      { en: expect.stringContaining('assumed: 288'), ja: expect.stringContaining('288と仮定') },
    ]);
    expect(configFromGguf({ ...gguf, ...odd, 'gemma2.attention.scale': 0.125 }, 256000)).toMatchObject({
      config: { queryScale: 0.125 },
      warnings: [],
    });
  });

  it.each([
    ['general.architecture', 'llama', 'model-family'],
    ['general.architecture', undefined, 'model-family'],
    ['gemma2.block_count', -1, 'model-config'],
    ['gemma2.attention.key_length', undefined, 'model-config'],
    ['gemma2.attention.value_length', 128, 'model-config'],
    ['gemma2.attn_logit_softcapping', 65, 'model-config'],
    ['gemma2.attention.sliding_window', 0, 'model-config'],
    ['gemma2.final_logit_softcapping', Infinity, 'model-config'],
    ['gemma2.rope.scaling.type', 'yarn', 'model-config'],
  ])('refuses %s = %j', (key, value, code) => {
    expect(refusal(() => configFromGguf({ ...gguf, [key]: value }, 256000)).code).toBe(code);
  });
});
