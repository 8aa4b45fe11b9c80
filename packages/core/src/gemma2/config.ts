import type { Locale } from '@tama/errors';
import { largestHeadDim, largestSoftcap } from '@tama/kernels-wgsl';
import { ModelConfigError, WrongFamilyError } from '../checkpoint/checkpoint-errors.ts';
import { atMost, integerFrom, multipleOf, object, oneOf, positiveNumber, same } from '../expectation.ts';

/** The numbers that make one Gemma 2 out of the architecture. Even layers are local (sliding), odd ones global. */
export type Gemma2Config = {
  readonly layers: number;
  /** D, the width of the residual stream. */
  readonly hiddenSize: number;
  /** N query heads of H = `headDim`; N·H need not be D. */
  readonly heads: number;
  /** K key and value heads; N is a multiple of K. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** F, the width of the feed-forward layer. */
  readonly intermediateSize: number;
  /** V, the rows of the embedding. Fine-tunes may have more than the 256,000 of the original. */
  readonly vocabularySize: number;
  /** The longest sequence the model was trained for. */
  readonly contextLength: number;
  /** W: a local layer sees W keys, the token itself included. */
  readonly slidingWindow: number;
  readonly attentionSoftcap: number;
  readonly finalSoftcap: number;
  /** What q·k is multiplied with: query_pre_attn_scalar ** -0.5. */
  readonly queryScale: number;
  readonly ropeTheta: number;
  readonly rmsEpsilon: number;
};

/** What a reader should know though it is no error, e.g. that a value was corrected; a sentence in every language. */
export type Warning = Readonly<Record<Locale, string>>;

/** A configuration and what in it had to be corrected or assumed. */
export type ReadConfig = { readonly config: Gemma2Config; readonly warnings: readonly Warning[] };

export type Fields = Readonly<Record<string, unknown>>;

const SLIDING_WINDOW = 4096;
const CONTEXT_LENGTH = 8192;

/**
 * Reads the `config.json` of a Hugging Face folder, of transformers 4 or 5. Throws {@link WrongFamilyError} for another
 * model and {@link ModelConfigError} for a value that Gemma 2 cannot have.
 */
export function configFromHuggingFace(json: unknown, name = 'config.json'): ReadConfig {
  if (!isFields(json)) throw new ModelConfigError(name, json, object);
  const architectures = Array.isArray(json.architectures) ? json.architectures.map(String) : [];
  const family = String(json.model_type ?? architectures[0] ?? 'unknown');
  if (family !== 'gemma2' && family !== 'Gemma2ForCausalLM') throw new WrongFamilyError(name, family);
  requireValue(json, 'hidden_activation', 'gelu_pytorch_tanh');
  requireValue(json, 'attention_bias', false);
  requireValue(json, 'use_bidirectional_attention', false);
  const rope = isFields(json.rope_parameters) ? json.rope_parameters : json;
  requireValue(rope, 'rope_type', 'default');
  if (json.rope_scaling != null) throw new ModelConfigError('rope_scaling', json.rope_scaling, same('null'));

  const shape = {
    layers: integer(json, 'num_hidden_layers', 1024),
    hiddenSize: integer(json, 'hidden_size', 2 ** 16),
    heads: integer(json, 'num_attention_heads', 1024),
    kvHeads: integer(json, 'num_key_value_heads', 1024),
    headDim: integer(json, 'head_dim', largestHeadDim),
    intermediateSize: integer(json, 'intermediate_size', 2 ** 20),
    vocabularySize: integer(json, 'vocab_size', 2 ** 24, 256_000),
  };
  checkHeads(shape, { headDim: 'head_dim', heads: 'num_attention_heads' });
  checkLayerTypes(json.layer_types, shape.layers);
  const scale = queryScale(shape, positive(json, 'query_pre_attn_scalar', assumedQueryScalar(shape)));
  const config: Gemma2Config = {
    ...shape,
    contextLength: integer(json, 'max_position_embeddings', 2 ** 20, CONTEXT_LENGTH),
    slidingWindow: integer(json, 'sliding_window', 2 ** 20, SLIDING_WINDOW),
    attentionSoftcap: attentionSoftcap(json, 'attn_logit_softcapping'),
    finalSoftcap: positive(json, 'final_logit_softcapping', 30),
    queryScale: scale.queryScale,
    ropeTheta: positive(rope, 'rope_theta', 10_000),
    rmsEpsilon: positive(json, 'rms_norm_eps', 1e-6),
  };
  return { config, warnings: scale.warnings };
}

/**
 * Reads the metadata of a GGUF file. GGUF has no key for the vocabulary's size, which is the embedding's rows, and as a
 * rule none for the query scale. The first files, of June 2024, lack the soft-caps and the window.
 */
export function configFromGguf(metadata: Fields, vocabularySize: number, name = 'GGUF'): ReadConfig {
  const family = String(metadata['general.architecture'] ?? 'unknown');
  if (family !== 'gemma2') throw new WrongFamilyError(name, family);
  const shape = {
    layers: integer(metadata, 'gemma2.block_count', 1024),
    hiddenSize: integer(metadata, 'gemma2.embedding_length', 2 ** 16),
    heads: integer(metadata, 'gemma2.attention.head_count', 1024),
    kvHeads: integer(metadata, 'gemma2.attention.head_count_kv', 1024),
    headDim: integer(metadata, 'gemma2.attention.key_length', largestHeadDim),
    intermediateSize: integer(metadata, 'gemma2.feed_forward_length', 2 ** 20),
    vocabularySize,
  };
  checkHeads(shape, { headDim: 'gemma2.attention.key_length', heads: 'gemma2.attention.head_count' });
  requireValue(metadata, 'gemma2.attention.value_length', shape.headDim);
  const scaling = metadata['gemma2.rope.scaling.type'];
  if (scaling !== undefined && scaling !== 'none')
    throw new ModelConfigError('gemma2.rope.scaling.type', scaling, same('none'));
  const scale = metadata['gemma2.attention.scale'];
  const config: Gemma2Config = {
    ...shape,
    contextLength: integer(metadata, 'gemma2.context_length', 2 ** 20, CONTEXT_LENGTH),
    slidingWindow: integer(metadata, 'gemma2.attention.sliding_window', 2 ** 20, SLIDING_WINDOW),
    attentionSoftcap: single(attentionSoftcap(metadata, 'gemma2.attn_logit_softcapping')),
    finalSoftcap: single(positive(metadata, 'gemma2.final_logit_softcapping', 30)),
    queryScale: positive(metadata, 'gemma2.attention.scale', assumedQueryScalar(shape) ** -0.5),
    ropeTheta: single(positive(metadata, 'gemma2.rope.freq_base', 10_000)),
    rmsEpsilon: single(positive(metadata, 'gemma2.attention.layer_norm_rms_epsilon', 1e-6)),
  };
  const assumed = assumedQueryScalar(shape);
  const warning = {
    en: `The file has no key for query_pre_attn_scalar and is none of the published sizes; assumed: ${assumed}.`,
    ja: `このファイルにはquery_pre_attn_scalarがなく、公開されているどのサイズとも一致しないため、${assumed}と仮定しました。`,
  };
  return { config, warnings: scale === undefined && !isQueryScalarKnown(shape) ? [warning] : [] };
}

type Shape = Pick<Gemma2Config, 'hiddenSize' | 'heads' | 'headDim'>;

/**
 * query_pre_attn_scalar where a format does not store it. Google's models with heads of 256 (2B, 9B) use the head's
 * width, the other one (27B: D/N = 144, heads of 128) uses D/N, which is what other shapes are taken to do as well.
 */
export const assumedQueryScalar = ({ hiddenSize, heads, headDim }: Shape): number =>
  headDim === 256 ? headDim : hiddenSize / heads;

/** Whether a shape leaves no doubt about its query scalar: Google's three, and those where both rules agree. */
export const isQueryScalarKnown = ({ hiddenSize, heads, headDim }: Shape): boolean =>
  headDim === 256 || headDim * heads === hiddenSize || (hiddenSize === 4608 && heads === 32 && headDim === 128);

/** The first configs of 9B say 224 (= D/N); the model was trained with 256, as Google confirmed in llama.cpp PR 8444. */
export function queryScale(
  shape: Shape,
  scalar: number,
): { readonly queryScale: number; readonly warnings: readonly Warning[] } {
  const is9B = shape.hiddenSize === 3584 && shape.heads === 16 && shape.headDim === 256;
  if (!is9B || scalar === 256) return { queryScale: scalar ** -0.5, warnings: [] };
  const warning = {
    en: `query_pre_attn_scalar is ${scalar} in the configuration; Gemma 2 9B was trained with 256, which is used instead.`,
    ja: `設定のquery_pre_attn_scalarは${scalar}ですが、Gemma 2 9Bは256で学習されているため、256を使います。`,
  };
  return { queryScale: 256 ** -0.5, warnings: [warning] };
}

export function checkHeads(
  { heads, kvHeads, headDim }: Pick<Gemma2Config, 'heads' | 'kvHeads' | 'headDim'>,
  field: { readonly headDim: string; readonly heads: string },
): void {
  if (headDim % 4 !== 0) throw new ModelConfigError(field.headDim, headDim, multipleOf(4));
  if (heads % kvHeads !== 0) throw new ModelConfigError(field.heads, heads, multipleOf(kvHeads));
}

/** transformers 5 lists the kind of every layer; only Gemma 2's own pattern is known to the kernels. */
function checkLayerTypes(types: unknown, layers: number): void {
  if (types == null) return;
  const kind = (layer: number) => (layer % 2 === 0 ? 'sliding_attention' : 'full_attention');
  const expected = Array.from({ length: layers }, (_, layer) => kind(layer));
  const list = Array.isArray(types) ? types : [types];
  const wrong = expected.findIndex((wanted, layer) => list[layer] !== wanted);
  if (wrong >= 0) throw new ModelConfigError(`layer_types[${wrong}]`, list[wrong], same(expected[wrong]!));
  if (list.length !== layers) throw new ModelConfigError('layer_types.length', list.length, oneOf([layers]));
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A positive integer of at most `high`; a missing field takes the fallback, a null one is an error. */
export function integer(fields: Fields, field: string, high: number, fallback?: number): number {
  const value = fields[field] === undefined ? fallback : fields[field];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > high)
    throw new ModelConfigError(field, value, integerFrom(1, high));
  return value;
}

/** A finite number above 0; a missing field takes the fallback, a null one is an error. */
export function positive(fields: Fields, field: string, fallback?: number): number {
  const value = fields[field] === undefined ? fallback : fields[field];
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    throw new ModelConfigError(field, value, positiveNumber);
  return value;
}

/** A soft-cap that attention can be computed with. */
export function attentionSoftcap(fields: Fields, field: string): number {
  const cap = positive(fields, field, 50);
  if (cap > largestSoftcap) throw new ModelConfigError(field, cap, atMost(largestSoftcap));
  return cap;
}

/** A field that may be missing or null, but if it is there has just one possible value. */
export function requireValue(fields: Fields, field: string, expected: string | number | boolean): void {
  const value = fields[field];
  if (value != null && value !== expected) throw new ModelConfigError(field, value, oneOf([String(expected)]));
}

/** GGUF stores single precision: the shortest decimal that means the same (1e-6, not 9.99999997e-7). */
const single = (value: number): number => Number(value.toPrecision(7));
