import type { Gemma2Config } from './config.ts';
import type { Ops } from './ops.ts';
import type { Gemma2Weights } from './weights.ts';

/**
 * The forward pass of Gemma 2, once for every step and every implementation of {@link Ops}: the GPU records it, the
 * f64 reference computes it. D = hidden size, N and K = query and KV heads, H = head_dim, F = MLP width, V = vocabulary.
 *
 * @param head which rows go through the output head: the last one, all, or none (an inner chunk of a prompt).
 * @returns logits [1 or n, V] after the final soft-cap
 */
export function forward<T, M, V>(
  ops: Ops<T, M, V>,
  weights: Gemma2Weights<M, V>,
  config: Gemma2Config,
  head: 'last' | 'all' | 'none',
): T | undefined {
  const { embedding, layers, finalNorm } = weights;
  const x = ops.embed(embedding); //                                            [n, D], the residual stream
  let h = ops.norm(x, layers[0]?.preAttentionNorm ?? finalNorm);

  layers.forEach((layer, i) => {
    // Even layers see a sliding window, odd ones everything.
    const window = i % 2 === 0 ? config.slidingWindow : Number.POSITIVE_INFINITY;
    const qkv = ops.matmul(h, layer.queryKeyValue); //                          [n, (N + 2 K) H]
    const attended = ops.attention(qkv, i, window); //                          [n, N H]
    const projected = ops.matmul(attended, layer.output); //                    [n, D]
    h = ops.addNormed(x, projected, layer.postAttentionNorm, layer.preFeedForwardNorm);

    const gated = ops.gated(h, layer.gateUp); //                                [n, F]
    const down = ops.matmul(gated, layer.down); //                              [n, D]
    h = ops.addNormed(x, down, layer.postFeedForwardNorm, layers[i + 1]?.preAttentionNorm ?? finalNorm);
  });

  if (head === 'none') return undefined;
  const rows = head === 'last' ? ops.lastRow(h) : h;
  return ops.softcap(ops.matmul(rows, weights.head), config.finalSoftcap); //   [1 or n, V]
}
