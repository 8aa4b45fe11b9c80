import { Tokenizer, type Vocabulary } from '@tama/tokenizer';
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.ts';
import { rowBytes } from '../checkpoint/encoding.ts';
import { gemma2Tensors, type TensorRole } from '../checkpoint/gemma2-tensors.ts';
import { matrixEncoding, type WeightType } from '../convert/weight-types.ts';
import type { Gemma2Config } from '../gemma2/config.ts';
import type { WritableEncoding } from '../quantise/quantise.ts';

import { checkRead } from '../storage/byte-source.ts';
import { mix, normals, type Pieces, randomPieces, randomRows } from './random-rows.ts';

/** How the weights are stored, what they are drawn from, and the tokenizer's vocabulary if there is to be one. */
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
  const { layers } = config;
  // Matrices of one encoding, width and deviation are made of the same pieces.
  const kinds = new Map<string, Pieces>();
  const piecesOf = (encoding: WritableEncoding, width: number, deviation: number): Pieces => {
    const kind = `${encoding} ${width} ${deviation}`;
    const known = kinds.get(kind) ?? randomPieces(encoding, width, deviation, seed);
    kinds.set(kind, known);
    return known;
  };
  const tensors = gemma2Tensors(config).map(({ name, role, layer, shape }, index) => {
    const tensorSeed = mix(seed, index);
    if (shape.length === 1) return randomNorm(name, role, shape, tensorSeed);
    const width = shape[1];
    const encoding = matrixEncoding(type, { role, layer, layers }, width);
    // x has a root mean square of 1 wherever it is multiplied: 1 / sqrt(width) keeps it so.
    const deviation = (role === 'embedding' ? 4 : 1) / Math.sqrt(width);
    return randomMatrix(name, shape, encoding, tensorSeed, () => piecesOf(encoding, width, deviation));
  });
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
  name: string,
  shape: readonly [number, number],
  encoding: WritableEncoding,
  seed: number,
  pieces: () => Pieces,
): CheckpointTensor {
  const [rows, width] = shape;
  return {
    name,
    shape,
    encoding,
    rowBytes: rowBytes(encoding, width),
    async readRows(firstRow, count, signal, into) {
      signal?.throwIfAborted();
      checkRead({ name, size: rows }, firstRow, count);
      return randomRows(pieces(), seed)(firstRow, count, into);
    },
  };
}

/** Gains near 1. Those of the last norm have random signs: else every token would predict itself, the head being tied. */
function randomNorm(name: string, role: TensorRole, shape: readonly [number], seed: number): CheckpointTensor {
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
