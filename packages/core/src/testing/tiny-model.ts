import { gemma2Tensors } from '../checkpoint/gemma2-tensors.ts';
import type { Gemma2Config } from '../gemma2/config.ts';
import type { GgufEntry, GgufTensorContent } from './gguf-writer.ts';

/** The smallest Gemma 2 there can be, for tests that tamper with files. */
export const miniature: Gemma2Config = {
  layers: 1,
  hiddenSize: 8,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediateSize: 12,
  vocabularySize: 6,
  contextLength: 16,
  slidingWindow: 4,
  attentionSoftcap: 50,
  finalSoftcap: 30,
  queryScale: 0.5,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
};

export const miniatureMetadata: readonly GgufEntry[] = [
  { key: 'general.architecture', type: 8, value: 'gemma2' },
  { key: 'gemma2.context_length', type: 4, value: miniature.contextLength },
  { key: 'gemma2.embedding_length', type: 4, value: miniature.hiddenSize },
  { key: 'gemma2.block_count', type: 4, value: miniature.layers },
  { key: 'gemma2.feed_forward_length', type: 4, value: miniature.intermediateSize },
  { key: 'gemma2.attention.head_count', type: 4, value: miniature.heads },
  { key: 'gemma2.attention.head_count_kv', type: 4, value: miniature.kvHeads },
  { key: 'gemma2.attention.layer_norm_rms_epsilon', type: 6, value: miniature.rmsEpsilon },
  { key: 'gemma2.attention.key_length', type: 4, value: miniature.headDim },
  { key: 'gemma2.attention.value_length', type: 4, value: miniature.headDim },
  { key: 'gemma2.attention.sliding_window', type: 4, value: miniature.slidingWindow },
];

/** F32 tensors of the miniature; element i of every tensor is i / 8. */
export const miniatureTensors: readonly GgufTensorContent[] = gemma2Tensors(miniature).map(({ gguf, shape }) => {
  const elements = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: elements }, (_, i) => i / 8);
  return { name: gguf, dimensions: shape.toReversed(), type: 0, data: new Uint8Array(values.buffer) };
});

export const miniatureConfigJson = {
  model_type: 'gemma2',
  num_hidden_layers: miniature.layers,
  hidden_size: miniature.hiddenSize,
  num_attention_heads: miniature.heads,
  num_key_value_heads: miniature.kvHeads,
  head_dim: miniature.headDim,
  intermediate_size: miniature.intermediateSize,
  vocab_size: miniature.vocabularySize,
};

/** Entries of a safetensors header, in file order, and the data behind them. */
export type SafetensorsEntry = {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly number[];
};

export const miniatureSafetensors = (
  config = miniature,
): { header: Record<string, SafetensorsEntry>; data: Uint8Array } => {
  let end = 0;
  const header: Record<string, SafetensorsEntry> = {};
  for (const { name, shape } of gemma2Tensors(config)) {
    const begin = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  return { header, data: new Uint8Array(end) };
};

/** The bytes of a safetensors file with any text for a header. */
export function writeSafetensors(header: unknown, data: Uint8Array, headerLength?: bigint): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}
