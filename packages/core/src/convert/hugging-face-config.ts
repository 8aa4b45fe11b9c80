import type { Vocabulary } from '@tama/tokenizer';
import { HEAD } from '../checkpoint/gemma2-tensors.ts';
import type { Gemma2Config } from '../gemma2/config.ts';
import { chatTemplate } from './chat-template.ts';
import type { FloatType } from './weight-types.ts';
import type { Convertible } from './write-gguf.ts';

const torchTypes = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' } as const;

/** `config.json` as transformers reads it. */
export function configJson(
  { config, tensors }: Pick<Convertible, 'config' | 'tensors'>,
  dtype: FloatType,
  stopIds: readonly number[] = [1],
): object {
  return {
    architectures: ['Gemma2ForCausalLM'],
    model_type: 'gemma2',
    num_hidden_layers: config.layers,
    hidden_size: config.hiddenSize,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    intermediate_size: config.intermediateSize,
    vocab_size: config.vocabularySize,
    max_position_embeddings: config.contextLength,
    sliding_window: config.slidingWindow,
    attn_logit_softcapping: config.attentionSoftcap,
    final_logit_softcapping: config.finalSoftcap,
    query_pre_attn_scalar: queryScalar(config),
    rope_theta: config.ropeTheta,
    rms_norm_eps: config.rmsEpsilon,
    hidden_activation: 'gelu_pytorch_tanh',
    hidden_act: 'gelu_pytorch_tanh',
    attention_bias: false,
    attention_dropout: 0,
    cache_implementation: 'hybrid',
    tie_word_embeddings: !tensors.has(HEAD),
    torch_dtype: torchTypes[dtype],
    bos_token_id: 2,
    eos_token_id: stopIds,
    pad_token_id: 0,
  };
}

/** A whole number in every model; where a file stored the scale in single precision, its inverse square is not quite. */
function queryScalar({ queryScale }: Gemma2Config): number {
  const scalar = queryScale ** -2;
  return Math.abs(scalar / Math.round(scalar) - 1) < 1e-6 ? Math.round(scalar) : scalar;
}

/** `tokenizer_config.json`, which tells transformers how to use tokenizer.model. */
export function tokenizerConfigJson({ pieces, special }: Vocabulary): object {
  return {
    tokenizer_class: 'GemmaTokenizer',
    add_bos_token: true,
    add_eos_token: false,
    bos_token: pieces[special.bos],
    eos_token: pieces[special.eos],
    unk_token: pieces[special.unk],
    ...(special.pad === undefined ? {} : { pad_token: pieces[special.pad] }),
    clean_up_tokenization_spaces: false,
    ...(special.startOfTurn === undefined ? {} : { chat_template: chatTemplate }),
  };
}
