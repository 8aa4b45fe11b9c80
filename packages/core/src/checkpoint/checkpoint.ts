import type { Tokenizer } from '@tama/tokenizer';
import type { Gemma2Config, Warning } from '../gemma2/config.ts';
import type { Bytes } from '../storage/byte-source.ts';
import type { WeightEncoding } from './encoding.ts';
import type { TensorShape } from './gemma2-tensors.ts';

/** A Gemma 2 on disk or elsewhere, whatever its format: its numbers and its weights under canonical names. */
export interface Checkpoint {
  readonly format: 'gguf' | 'safetensors' | 'keras' | 'orbax' | 'torch';
  /** The file or folder, or the name the checkpoint gives itself. */
  readonly name: string;
  readonly config: Gemma2Config;
  /**
   * Exactly the tensors of a Gemma 2 of `config`, in the order of the forward pass, shapes checked; besides them
   * `lm_head.weight` if the checkpoint has an output matrix that differs from the embedding.
   */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Reads the vocabulary that came with the weights; absent if none did. Each call reads it anew. */
  readonly tokenizer?: (signal?: AbortSignal) => Promise<Tokenizer>;
  /** What had to be corrected or assumed. */
  readonly warnings: readonly Warning[];
  /** What the files say about themselves, for display. */
  readonly metadata: CheckpointMetadata;
  /** Closes every file that was opened for it, the given one included. */
  close(): Promise<void>;
}

export type CheckpointMetadata = Readonly<Record<string, string | number | boolean>>;

/** A matrix [out, in], or a norm's vector [n], which counts as one row. */
export interface CheckpointTensor {
  /** Hugging Face's name, e.g. `model.layers.0.mlp.up_proj.weight`. */
  readonly name: string;
  /** [out, in], row-major; or [n]. */
  readonly shape: TensorShape;
  readonly encoding: WeightEncoding;
  readonly rowBytes: number;
  /**
   * Whole rows in the tensor's encoding. Norm weights are w of y = x / rms(x) · (1 + w), in every format. The caller
   * chooses how many rows it can hold, and may lend the array they go to (see {@link ByteSource.read}).
   */
  readRows(firstRow: number, rowCount: number, signal?: AbortSignal, into?: Bytes): Promise<Bytes>;
}

export const rowCount = ({ shape }: Pick<CheckpointTensor, 'shape'>): number => (shape.length === 2 ? shape[0] : 1);
export const rowWidth = ({ shape }: Pick<CheckpointTensor, 'shape'>): number => shape.at(-1)!;
