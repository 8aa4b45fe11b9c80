import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.ts';

/** The weights of a model, in the order and the grouping in which the forward pass uses them. */
export type Gemma2Weights<M, V> = {
  readonly embedding: M; // [V, D]
  readonly head: M; // [V, D], the embedding itself unless a fine-tune has untied it
  readonly layers: readonly Gemma2Layer<M, V>[];
  readonly finalNorm: V; // [D]
};

export type Gemma2Layer<M, V> = {
  readonly preAttentionNorm: V; // [D]
  readonly queryKeyValue: M; // [(N + 2 K) H, D], queries first
  readonly output: M; // [D, N H]
  readonly postAttentionNorm: V; // [D]
  readonly preFeedForwardNorm: V; // [D]
  readonly gateUp: M; // [2 F, D], in whatever order the implementation's `gated` expects
  readonly down: M; // [D, F]
  readonly postFeedForwardNorm: V; // [D]
};

/** What a step multiplies by, in its order. */
export const productMatrices = <M>({ layers, head }: Gemma2Weights<M, unknown>): M[] => [
  ...layers.flatMap(({ queryKeyValue, output, gateUp, down }) => [queryKeyValue, output, gateUp, down]),
  head,
];

/**
 * How an implementation takes weights in: matrices are tensors stacked by rows. Those of a layer are asked for together,
 * so that memory for all of them is found in one wait; when one fails the others must not go on.
 */
export type WeightLoader<M, V> = {
  matrix(label: string, tensors: readonly CheckpointTensor[]): Promise<M>;
  /** The matrix of {@link Ops.gated}. */
  gateUp(label: string, gate: CheckpointTensor, up: CheckpointTensor): Promise<M>;
  vector(tensor: CheckpointTensor): Promise<V>;
};

/** Reads all tensors of a checkpoint. Names are Hugging Face's. */
export async function loadWeights<M, V>(
  checkpoint: Pick<Checkpoint, 'config' | 'tensors'>,
  loader: WeightLoader<M, V>,
): Promise<Gemma2Weights<M, V>> {
  const tensor = (name: string): CheckpointTensor => {
    const found = checkpoint.tensors.get(`${name}.weight`);
    // Readers check the set of tensors when they open a checkpoint.
    if (!found) throw new Error(`tensor '${name}.weight' is missing from a checked checkpoint`);
    return found;
  };
  const embedding = await loader.matrix('embedding', [tensor('model.embed_tokens')]);
  const layers: Gemma2Layer<M, V>[] = [];
  for (let i = 0; i < checkpoint.config.layers; i++) {
    const at = (part: string) => tensor(`model.layers.${i}.${part}`);
    const layer = {
      preAttentionNorm: loader.vector(at('input_layernorm')),
      queryKeyValue: loader.matrix(`layer ${i} q k v`, [
        at('self_attn.q_proj'),
        at('self_attn.k_proj'),
        at('self_attn.v_proj'),
      ]),
      output: loader.matrix(`layer ${i} o`, [at('self_attn.o_proj')]),
      postAttentionNorm: loader.vector(at('post_attention_layernorm')),
      preFeedForwardNorm: loader.vector(at('pre_feedforward_layernorm')),
      gateUp: loader.gateUp(`layer ${i} gate up`, at('mlp.gate_proj'), at('mlp.up_proj')),
      down: loader.matrix(`layer ${i} down`, [at('mlp.down_proj')]),
      postFeedForwardNorm: loader.vector(at('post_feedforward_layernorm')),
    };
    layers.push(await allOf<Gemma2Layer<M, V>>(layer));
  }
  const finalNorm = await loader.vector(tensor('model.norm'));
  const untied = checkpoint.tensors.get('lm_head.weight');
  const head = untied ? await loader.matrix('head', [untied]) : embedding;
  return { embedding, layers, finalNorm, head };
}

async function allOf<T extends object>(promises: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const entries = Object.entries<Promise<unknown>>(promises);
  return Object.fromEntries(await Promise.all(entries.map(async ([name, value]) => [name, await value]))) as T;
}
