import { Tokenizer, type Vocabulary } from '@tama/tokenizer';
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.ts';
import { rowBytes } from '../checkpoint/encoding.ts';
import { gemma2Tensors, type TensorSpec } from '../checkpoint/gemma2-tensors.ts';
import { matrixEncoding, type WeightType } from '../convert/weight-types.ts';
import type { Gemma2Config } from '../gemma2/config.ts';
import { checkRead } from '../storage/byte-source.ts';
import { mix, normals, type RandomRows, randomRows } from './random-rows.ts';

export type SyntheticOptions = {
  readonly type: WeightType;
  readonly seed: number;
  readonly vocabulary?: Vocabulary | undefined;
};

/**
 * A Gemma 2 of any shape with random weights that are made when they are read: for measuring and testing at full size.
 * Their scale keeps every activation near 1 and logits of a standard deviation near 4, as a real model's are.
 */
export function syntheticCheckpoint(config: Gemma2Config, { type, seed, vocabulary }: SyntheticOptions): Checkpoint {
  const tensors = gemma2Tensors(config).map((spec, index) =>
    spec.shape.length === 1
      ? randomNorm(spec, mix(seed, index))
      : randomMatrix(spec, spec.shape, type, config, mix(seed, index)),
  );
  const name = `synthetic-${config.layers}x${config.hiddenSize}-${type}-${seed}`;
  return {
    format: 'gguf',
    name,
    config,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    ...(vocabulary ? { tokenizer: async () => new Tokenizer(vocabulary) } : {}),
    warnings: [],
    metadata: {},
    close: async () => {},
  };
}

function randomMatrix(
  { name, role, layer }: TensorSpec,
  shape: readonly [number, number],
  type: WeightType,
  { layers }: Gemma2Config,
  seed: number,
): CheckpointTensor {
  const [rows, width] = shape;
  const encoding = matrixEncoding(type, { role, layer, layers }, width);
  // x has a root mean square of 1 wherever it is multiplied: 1 / sqrt(width) keeps it so.
  const deviation = (role === 'embedding' ? 4 : 1) / Math.sqrt(width);
  let make: RandomRows | undefined;
  return {
    name,
    shape,
    encoding,
    rowBytes: rowBytes(encoding, width),
    async readRows(firstRow, count, signal, into) {
      signal?.throwIfAborted();
      checkRead({ name, size: rows }, firstRow, count);
      make ??= randomRows(encoding, width, deviation, seed);
      return make(firstRow, count, into);
    },
  };
}

/** Gains near 1. Those of the last norm have random signs: else every token would predict itself, the head being tied. */
function randomNorm({ name, role, shape }: TensorSpec, seed: number): CheckpointTensor {
  const width = shape[0];
  return {
    name,
    shape,
    encoding: 'f32',
    rowBytes: 4 * width,
    async readRows(firstRow, count) {
      checkRead({ name, size: 1 }, firstRow, count);
      const weights = normals(seed, count * width, 0.1);
      const signed = role === 'finalNorm' ? weights.map((w, i) => (mix(i, seed) % 2 === 0 ? w : -2 - w)) : weights;
      return new Uint8Array(signed.buffer);
    },
  };
}
