import type { Gemma2Config } from '../gemma2/config.ts';

export type TensorShape = readonly [number] | readonly [number, number];

/** The roles of Gemma 2's tensors: eleven in a layer, and two outside. */
export type TensorRole =
  | 'embedding'
  | 'finalNorm'
  | 'preAttentionNorm'
  | 'query'
  | 'key'
  | 'value'
  | 'attentionOutput'
  | 'postAttentionNorm'
  | 'preFeedForwardNorm'
  | 'gate'
  | 'up'
  | 'down'
  | 'postFeedForwardNorm';

/** The names of a role in each format, within its layer and without `.weight` and the like. */
type TensorKind = {
  readonly role: TensorRole;
  readonly huggingFace: string;
  readonly gguf: string;
  readonly keras: string;
  /** Parameters that belong together are one array in JAX, which `part` is an index into. */
  readonly flax: { readonly array: string; readonly part?: 0 | 1 };
  /** [out, in], or [n] for a norm. */
  readonly shape: (config: Gemma2Config) => TensorShape;
};

/** A tensor that a model of a given configuration must have. */
export type TensorSpec = Omit<TensorKind, 'huggingFace' | 'shape'> & {
  /** The canonical name, which is Hugging Face's. */
  readonly name: string;
  /** `undefined` for what is outside the layers. */
  readonly layer: number | undefined;
  readonly shape: TensorShape;
};

const width = (c: Gemma2Config): TensorShape => [c.hiddenSize];
const query = (c: Gemma2Config) => c.heads * c.headDim;
const keyValue = (c: Gemma2Config) => c.kvHeads * c.headDim;

const norm = (role: TensorRole, huggingFace: string, gguf: string, keras: string): TensorKind => ({
  role,
  huggingFace,
  gguf,
  keras,
  flax: { array: keras },
  shape: width,
});

const embedding: TensorKind = {
  role: 'embedding',
  huggingFace: 'model.embed_tokens',
  gguf: 'token_embd',
  keras: 'reversible_embedding',
  flax: { array: 'embedder' },
  shape: (c) => [c.vocabularySize, c.hiddenSize],
};
const finalNorm: TensorKind = {
  ...norm('finalNorm', 'model.norm', 'output_norm', 'rms_normalization'),
  flax: { array: 'final_norm' },
};

const ofLayer: readonly TensorKind[] = [
  norm('preAttentionNorm', 'input_layernorm', 'attn_norm', 'pre_attention_norm'),
  {
    role: 'query',
    huggingFace: 'self_attn.q_proj',
    gguf: 'attn_q',
    keras: 'attention/query_dense',
    flax: { array: 'attn/q_einsum' },
    shape: (c) => [query(c), c.hiddenSize],
  },
  {
    role: 'key',
    huggingFace: 'self_attn.k_proj',
    gguf: 'attn_k',
    keras: 'attention/key_dense',
    flax: { array: 'attn/kv_einsum', part: 0 },
    shape: (c) => [keyValue(c), c.hiddenSize],
  },
  {
    role: 'value',
    huggingFace: 'self_attn.v_proj',
    gguf: 'attn_v',
    keras: 'attention/value_dense',
    flax: { array: 'attn/kv_einsum', part: 1 },
    shape: (c) => [keyValue(c), c.hiddenSize],
  },
  {
    role: 'attentionOutput',
    huggingFace: 'self_attn.o_proj',
    gguf: 'attn_output',
    keras: 'attention/output_dense',
    flax: { array: 'attn/attn_vec_einsum' },
    shape: (c) => [c.hiddenSize, query(c)],
  },
  norm('postAttentionNorm', 'post_attention_layernorm', 'post_attention_norm', 'post_attention_norm'),
  norm('preFeedForwardNorm', 'pre_feedforward_layernorm', 'ffn_norm', 'pre_ffw_norm'),
  {
    role: 'gate',
    huggingFace: 'mlp.gate_proj',
    gguf: 'ffn_gate',
    keras: 'gating_ffw',
    flax: { array: 'mlp/gating_einsum', part: 0 },
    shape: (c) => [c.intermediateSize, c.hiddenSize],
  },
  {
    role: 'up',
    huggingFace: 'mlp.up_proj',
    gguf: 'ffn_up',
    keras: 'gating_ffw_2',
    flax: { array: 'mlp/gating_einsum', part: 1 },
    shape: (c) => [c.intermediateSize, c.hiddenSize],
  },
  {
    role: 'down',
    huggingFace: 'mlp.down_proj',
    gguf: 'ffn_down',
    keras: 'ffw_linear',
    flax: { array: 'mlp/linear' },
    shape: (c) => [c.hiddenSize, c.intermediateSize],
  },
  norm('postFeedForwardNorm', 'post_feedforward_layernorm', 'post_ffw_norm', 'post_ffw_norm'),
];

export const EMBEDDING = 'model.embed_tokens.weight';
/** The output matrix, where it is not the embedding. Gemma 2 ties the two; some fine-tunes do not. */
export const HEAD = 'lm_head.weight';

/**
 * The canonical name of a tensor under Hugging Face's. transformers leaves out `model.` where it saves a model without its
 * head, which a tied one loses nothing by.
 */
export const canonicalName = (name: string): string =>
  /^(embed_tokens|layers|norm)\./.test(name) ? `model.${name}` : name;

/** Every tensor of a Gemma 2 of this configuration: 11 a layer, the embedding and the last norm. */
export function gemma2Tensors(config: Gemma2Config): readonly TensorSpec[] {
  const spec = (kind: TensorKind, layer?: number): TensorSpec => {
    const [huggingFace, gguf] = layer === undefined ? ['', ''] : [`model.layers.${layer}.`, `blk.${layer}.`];
    return {
      ...kind,
      layer,
      name: `${huggingFace}${kind.huggingFace}.weight`,
      gguf: `${gguf}${kind.gguf}.weight`,
      shape: kind.shape(config),
    };
  };
  const layers = Array.from({ length: config.layers }, (_, layer) => ofLayer.map((kind) => spec(kind, layer)));
  return [spec(embedding), ...layers.flat(), spec(finalNorm)];
}
