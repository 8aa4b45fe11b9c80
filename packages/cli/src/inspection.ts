import type { Checkpoint, CheckpointTensor, Gemma2Config, MemoryPlan, Verified, Warning } from '@tama/core';
import type { SpecialIds, Tokenizer } from '@tama/tokenizer';

/** What a checkpoint says about itself. `tama inspect --json` prints it, its warnings in English. */
export type Inspection = {
  readonly name: string;
  readonly format: string;
  readonly config: Gemma2Config;
  readonly parameters: number;
  /** Of all tensors, as they are stored. */
  readonly bytes: number;
  readonly tensors: { readonly count: number; readonly byEncoding: Readonly<Record<string, Share>> };
  /** `null` when the weights come without a vocabulary. */
  readonly tokenizer: { readonly pieces: number; readonly special: SpecialIds } | null;
  readonly contextLength: number;
  /** Keys and values of one token in all layers, by the type they are held in. */
  readonly cacheBytesPerToken: { readonly f16: number; readonly f32: number };
  /** Graphics memory in use, with an f16 cache and WebGPU's default limits. */
  readonly memory: MemoryPlan;
  /** What was read and found sound; only with `--verify`. */
  readonly verified?: Verified;
  readonly metadata: Checkpoint['metadata'];
  readonly warnings: readonly Warning[];
};

/** The tensors of one encoding. */
export type Share = { readonly tensors: number; readonly parameters: number; readonly bytes: number };

/** Reads nothing: everything is in the headers that opening the checkpoint has read. */
export function inspectionOf(
  checkpoint: Checkpoint,
  tokenizer: Tokenizer | undefined,
  memory: MemoryPlan,
): Omit<Inspection, 'verified'> {
  const { name, format, config, tensors, metadata, warnings } = checkpoint;
  const byEncoding: Record<string, Share> = {};
  for (const tensor of tensors.values()) {
    const share = byEncoding[tensor.encoding] ?? { tensors: 0, parameters: 0, bytes: 0 };
    const [rows, width] = matrixShape(tensor);
    byEncoding[tensor.encoding] = {
      tensors: share.tensors + 1,
      parameters: share.parameters + rows * width,
      bytes: share.bytes + rows * tensor.rowBytes,
    };
  }
  const shares = Object.values(byEncoding);
  const values = 2 * config.layers * config.kvHeads * config.headDim;
  return {
    name,
    format,
    config,
    parameters: shares.reduce((sum, { parameters }) => sum + parameters, 0),
    bytes: shares.reduce((sum, { bytes }) => sum + bytes, 0),
    tensors: { count: tensors.size, byEncoding },
    tokenizer: tokenizer ? { pieces: tokenizer.vocabulary.pieces.length, special: tokenizer.vocabulary.special } : null,
    contextLength: config.contextLength,
    cacheBytesPerToken: { f16: 2 * values, f32: 4 * values },
    memory,
    metadata,
    warnings,
  };
}

/** Rows and their width; a norm's vector is one row. */
const matrixShape = ({ shape }: CheckpointTensor): readonly [rows: number, width: number] =>
  shape.length === 2 ? shape : [1, shape[0]];
