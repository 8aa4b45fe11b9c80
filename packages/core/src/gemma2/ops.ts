/**
 * What the forward pass may call. One step runs over the rows of one chunk of tokens: n = 1 in decode, more in
 * prefill. The tokens, the position of the first one, the rotations and the KV cache belong to the implementation.
 *
 * `T` is an activation [n, width] in f32 (or f64), `M` a matrix in its own encoding, `V` a vector in f32.
 */
export interface Ops<T, M, V> {
  /** Rows of the embedding for this step's tokens, times the embedding scale: [n, D]. */
  embed(embedding: M): T;

  /** x / sqrt(mean(x^2) + epsilon) * (1 + weight), row by row: [n, D]. */
  norm(x: T, weight: V): T;

  /** x Wᵀ for W [out, in]: [n, out]. */
  matmul(x: T, matrix: M): T;

  /**
   * Rotates the queries and keys in `qkv` [n, (heads + 2 kvHeads) headDim] to their positions (RoPE, half-split), writes
   * keys and values into the layer's KV cache, and attends: soft-capped, at most `window` keys back. [n, heads headDim].
   */
  attention(qkv: T, layer: number, window: number): T;

  /** GeGLU: gelu_tanh(x Wgateᵀ) * (x Wupᵀ) for the stacked matrix [2 F, D]: [n, F]. */
  gated(x: T, gateUp: M): T;

  /** The sandwich between two sub-layers: x += norm(update, postWeight) in place, and returns norm(x, nextWeight). */
  addNormed(x: T, update: T, postWeight: V, nextWeight: V): T;

  /** The last row of the step: [1, D]. */
  lastRow(x: T): T;

  /** cap * tanh(x / cap). */
  softcap(x: T, cap: number): T;
}
