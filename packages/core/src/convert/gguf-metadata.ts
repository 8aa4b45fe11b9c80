import { PieceKind, type Vocabulary } from '@tama/tokenizer';
import type { WeightEncoding } from '../checkpoint/encoding.ts';
import { type GgufEntry, ggufEntry } from '../checkpoint/gguf/gguf-writer.ts';
import { assumedQueryScalar, type Gemma2Config, isQueryScalarKnown } from '../gemma2/config.ts';
import { chatTemplate } from './chat-template.ts';
import type { WeightType } from './weight-types.ts';

const { u32, f32, bool, text, texts, f32s, i32s } = ggufEntry;

/** llama.cpp's numbers for what a file mostly holds (`llama_ftype`): a type, or the encoding that most weights have. */
export const fileTypes: Readonly<Record<WeightType | WeightEncoding, number>> = {
  f32: 0,
  f16: 1,
  q4_0: 2,
  q4_1: 3,
  q8_0: 7,
  q5_0: 8,
  q5_1: 9,
  q2_k: 10,
  q3_k: 12,
  q4_k_s: 14,
  q4_k_m: 15,
  q4_k: 15,
  q5_k_s: 16,
  q5_k_m: 17,
  q5_k: 17,
  q6_k: 18,
  iq4_nl: 25,
  iq4_xs: 30,
  bf16: 32,
};

/** The metadata of a Gemma 2 as llama.cpp's converter names it. */
export function modelMetadata(config: Gemma2Config, name: string, fileType: number): GgufEntry[] {
  const scale = config.queryScale;
  // Readers know it by the model's shape; a file says it only where it is otherwise, or could be.
  const isUsualScale = isQueryScalarKnown(config) && Math.abs(scale / assumedQueryScalar(config) ** -0.5 - 1) < 1e-6;
  return [
    text('general.architecture', 'gemma2'),
    text('general.type', 'model'),
    text('general.name', name),
    u32('gemma2.context_length', config.contextLength),
    u32('gemma2.embedding_length', config.hiddenSize),
    u32('gemma2.block_count', config.layers),
    u32('gemma2.feed_forward_length', config.intermediateSize),
    u32('gemma2.attention.head_count', config.heads),
    u32('gemma2.attention.head_count_kv', config.kvHeads),
    f32('gemma2.attention.layer_norm_rms_epsilon', config.rmsEpsilon),
    u32('gemma2.attention.key_length', config.headDim),
    u32('gemma2.attention.value_length', config.headDim),
    u32('general.file_type', fileType),
    f32('gemma2.attn_logit_softcapping', config.attentionSoftcap),
    f32('gemma2.final_logit_softcapping', config.finalSoftcap),
    u32('gemma2.attention.sliding_window', config.slidingWindow),
    ...(config.ropeTheta === 10_000 ? [] : [f32('gemma2.rope.freq_base', config.ropeTheta)]),
    ...(isUsualScale ? [] : [f32('gemma2.attention.scale', scale)]),
    u32('general.quantization_version', 2),
  ];
}

/** User-defined pieces that the converter calls control: what no text should hold. */
const isControlLike = (piece: string): boolean => /^(<unused\d+>|<mask>|<2mass>|\[@BOS@\])$/.test(piece);

/**
 * The vocabulary, as the arrays `tokenizer.ggml.*`. Pieces and scores are SentencePiece's own: llama.cpp then splits text
 * as SentencePiece does, runs of ▁ included, which it does not with the spaces and scores of -1000 that its converter
 * gives user-defined pieces.
 */
export function vocabularyMetadata(
  { pieces, kinds, scores, special }: Vocabulary,
  template = chatTemplate,
): GgufEntry[] {
  const { bos, eos, unk, pad, startOfTurn, endOfTurn } = special;
  const isTurnMarker = (id: number) => id === startOfTurn || id === endOfTurn;
  const types = kinds.map((kind, id) =>
    kind === PieceKind.userDefined && (isTurnMarker(id) || isControlLike(pieces[id]!)) ? PieceKind.control : kind,
  );
  return [
    text('tokenizer.ggml.model', 'llama'),
    text('tokenizer.ggml.pre', 'default'),
    texts('tokenizer.ggml.tokens', pieces),
    f32s('tokenizer.ggml.scores', finiteScores(scores)),
    i32s('tokenizer.ggml.token_type', types),
    u32('tokenizer.ggml.bos_token_id', bos),
    u32('tokenizer.ggml.eos_token_id', eos),
    u32('tokenizer.ggml.unknown_token_id', unk),
    ...(pad === undefined ? [] : [u32('tokenizer.ggml.padding_token_id', pad)]),
    bool('tokenizer.ggml.add_bos_token', true),
    bool('tokenizer.ggml.add_eos_token', false),
    ...(startOfTurn === undefined ? [] : [text('tokenizer.chat_template', template)]),
    bool('tokenizer.ggml.add_space_prefix', false),
    ...(endOfTurn === undefined ? [] : [u32('tokenizer.ggml.eot_token_id', endOfTurn)]),
  ];
}

/** A piece that no merge makes comes after all that one does. */
export const finiteScores = (scores: Float32Array): Float32Array => scores.map((score) => Math.max(score, -1e6));
