import type { Gemma2Config } from '../gemma2/config.ts';

/** One kind of tensor in Gemma 2 and its name in each format, without `.weight`. */
type TensorKind = {
  readonly huggingFace: string;
  readonly gguf: string;
  /** [out, in], or [n] for a norm. */
  readonly shape: (config: Gemma2Config) => TensorShape;
};

export type TensorShape = readonly [number] | readonly [number, number];

/** A tensor that a model of a given configuration must have. */
export type TensorSpec = {
  /** The canonical name, which is Hugging Face's. */
  readonly name: string;
  readonly gguf: string;
  readonly shape: TensorShape;
};

const width = (c: Gemma2Config): TensorShape => [c.hiddenSize];
const query = (c: Gemma2Config) => c.heads * c.headDim;
const keyValue = (c: Gemma2Config) => c.kvHeads * c.headDim;

const embedding: TensorKind = {
  huggingFace: 'model.embed_tokens',
  gguf: 'token_embd',
  shape: (c) => [c.vocabularySize, c.hiddenSize],
};
const finalNorm: TensorKind = { huggingFace: 'model.norm', gguf: 'output_norm', shape: width };

const ofLayer: readonly TensorKind[] = [
  { huggingFace: 'input_layernorm', gguf: 'attn_norm', shape: width },
  { huggingFace: 'self_attn.q_proj', gguf: 'attn_q', shape: (c) => [query(c), c.hiddenSize] },
  { huggingFace: 'self_attn.k_proj', gguf: 'attn_k', shape: (c) => [keyValue(c), c.hiddenSize] },
  { huggingFace: 'self_attn.v_proj', gguf: 'attn_v', shape: (c) => [keyValue(c), c.hiddenSize] },
  { huggingFace: 'self_attn.o_proj', gguf: 'attn_output', shape: (c) => [c.hiddenSize, query(c)] },
  { huggingFace: 'post_attention_layernorm', gguf: 'post_attention_norm', shape: width },
  { huggingFace: 'pre_feedforward_layernorm', gguf: 'ffn_norm', shape: width },
  { huggingFace: 'mlp.gate_proj', gguf: 'ffn_gate', shape: (c) => [c.intermediateSize, c.hiddenSize] },
  { huggingFace: 'mlp.up_proj', gguf: 'ffn_up', shape: (c) => [c.intermediateSize, c.hiddenSize] },
  { huggingFace: 'mlp.down_proj', gguf: 'ffn_down', shape: (c) => [c.hiddenSize, c.intermediateSize] },
  { huggingFace: 'post_feedforward_layernorm', gguf: 'post_ffw_norm', shape: width },
];

export const EMBEDDING = 'model.embed_tokens.weight';
/** The output matrix, where it is not the embedding. Gemma 2 ties the two; some fine-tunes do not. */
export const HEAD = 'lm_head.weight';

/** Every tensor of a Gemma 2 of this configuration: 11 a layer, the embedding and the last norm. */
export function gemma2Tensors(config: Gemma2Config): readonly TensorSpec[] {
  const spec = (kind: TensorKind, huggingFace = '', gguf = ''): TensorSpec => ({
    name: `${huggingFace}${kind.huggingFace}.weight`,
    gguf: `${gguf}${kind.gguf}.weight`,
    shape: kind.shape(config),
  });
  const layers = Array.from({ length: config.layers }, (_, layer) =>
    ofLayer.map((kind) => spec(kind, `model.layers.${layer}.`, `blk.${layer}.`)),
  );
  return [spec(embedding), ...layers.flat(), spec(finalNorm)];
}
