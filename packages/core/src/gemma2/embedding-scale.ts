import type { Gemma2Config } from './config.ts';

/** `bfloat16`: as trained (gemma_pytorch, JAX, gemma.cpp). `exact`: as llama.cpp and f32 runs of transformers compute. */
export type EmbeddingScale = 'bfloat16' | 'exact';

/** sqrt(hidden size): 2B 48 either way; 9B 59.8665 or 59.75; 27B 67.8823 or 68. */
export function embeddingScale({ hiddenSize }: Gemma2Config, kind: EmbeddingScale): number {
  const exact = Math.sqrt(hiddenSize);
  return kind === 'exact' ? exact : roundToBfloat16(exact);
}

/** Round to nearest, ties to even, for finite values. */
function roundToBfloat16(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  view.setUint32(0, ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0);
  return view.getFloat32(0);
}
