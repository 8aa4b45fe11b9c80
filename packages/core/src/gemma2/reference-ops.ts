import { weightFormats } from '@tama/kernels-wgsl';
import { type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import type { Gemma2Config } from './config.ts';
import { type EmbeddingScale, embeddingScale } from './embedding-scale.ts';
import type { Ops } from './ops.ts';
import type { WeightLoader } from './weights.ts';

/** [rows, width], row-major. */
export type ReferenceTensor = { readonly rows: number; readonly width: number; readonly data: Float64Array };

/**
 * The operations of Gemma 2 in plain f64, for short prompts on small models: the oracle for the GPU, and where to look
 * when logits differ. Keys and values are kept for every position, so a window is a mask and nothing is ever lost.
 */
export class ReferenceOps implements Ops<ReferenceTensor, ReferenceTensor, Float64Array> {
  readonly #config: Gemma2Config;
  readonly #scale: number;
  readonly #keys: Float64Array[][];
  readonly #values: Float64Array[][];
  #tokens: readonly number[] = [];
  #start = 0;

  constructor(config: Gemma2Config, options: { readonly embeddingScale?: EmbeddingScale } = {}) {
    this.#config = config;
    this.#scale = embeddingScale(config, options.embeddingScale ?? 'bfloat16');
    this.#keys = Array.from({ length: config.layers }, () => []);
    this.#values = Array.from({ length: config.layers }, () => []);
  }

  /** The tokens of the next step, the first one at position `start`. */
  step(tokens: readonly number[], start: number): void {
    this.#tokens = tokens;
    this.#start = start;
  }

  embed({ data, width }: ReferenceTensor): ReferenceTensor {
    const x = tensor(this.#tokens.length, width);
    this.#tokens.forEach((id, r) => {
      for (let c = 0; c < width; c++) x.data[r * width + c] = data[id * width + c]! * this.#scale;
    });
    return x;
  }

  norm({ data, rows, width }: ReferenceTensor, weight: Float64Array): ReferenceTensor {
    const y = tensor(rows, width);
    for (let r = 0; r < rows; r++) {
      let squares = 0;
      for (let c = 0; c < width; c++) squares += data[r * width + c]! ** 2;
      const scale = 1 / Math.sqrt(squares / width + this.#config.rmsEpsilon);
      for (let c = 0; c < width; c++) y.data[r * width + c] = data[r * width + c]! * scale * (1 + weight[c]!);
    }
    return y;
  }

  matmul(x: ReferenceTensor, matrix: ReferenceTensor): ReferenceTensor {
    const y = tensor(x.rows, matrix.rows);
    for (let r = 0; r < x.rows; r++) {
      const row = x.data.subarray(r * x.width, (r + 1) * x.width);
      for (let n = 0; n < matrix.rows; n++) {
        let sum = 0;
        for (let k = 0; k < x.width; k++) sum += row[k]! * matrix.data[n * x.width + k]!;
        y.data[r * matrix.rows + n] = sum;
      }
    }
    return y;
  }

  rotateAndCache({ data, rows, width }: ReferenceTensor, layer: number): void {
    const { heads, kvHeads, headDim, ropeTheta } = this.#config;
    for (let r = 0; r < rows; r++) {
      const position = this.#start + r;
      const row = data.subarray(r * width, (r + 1) * width);
      for (let head = 0; head < heads + kvHeads; head++) {
        const part = row.subarray(head * headDim, (head + 1) * headDim);
        for (let i = 0; i < headDim / 2; i++) {
          const angle = position * ropeTheta ** ((-2 * i) / headDim);
          const [a, b] = [part[i]!, part[i + headDim / 2]!];
          part[i] = a * Math.cos(angle) - b * Math.sin(angle);
          part[i + headDim / 2] = b * Math.cos(angle) + a * Math.sin(angle);
        }
      }
      this.#keys[layer]![position] = row.slice(heads * headDim, (heads + kvHeads) * headDim);
      this.#values[layer]![position] = row.slice((heads + kvHeads) * headDim, (heads + 2 * kvHeads) * headDim);
    }
  }

  attention({ data, rows, width }: ReferenceTensor, layer: number, window: number): ReferenceTensor {
    const { heads, kvHeads, headDim, queryScale, attentionSoftcap: cap } = this.#config;
    const y = tensor(rows, heads * headDim);
    for (let r = 0; r < rows; r++) {
      const position = this.#start + r;
      const first = Math.max(0, position - window + 1);
      for (let head = 0; head < heads; head++) {
        const query = data.subarray(r * width + head * headDim, r * width + (head + 1) * headDim);
        const offset = Math.floor(head / (heads / kvHeads)) * headDim;
        const scores: number[] = [];
        for (let j = first; j <= position; j++) {
          const key = this.#keys[layer]![j]!;
          let score = 0;
          for (let d = 0; d < headDim; d++) score += query[d]! * key[offset + d]!;
          scores.push(cap * Math.tanh((score * queryScale) / cap));
        }
        const highest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - highest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const out = y.data.subarray(r * y.width + head * headDim, r * y.width + (head + 1) * headDim);
        weights.forEach((weight, j) => {
          const value = this.#values[layer]![first + j]!;
          for (let d = 0; d < headDim; d++) out[d] = out[d]! + (weight / total) * value[offset + d]!;
        });
      }
    }
    return y;
  }

  geglu({ data, rows, width }: ReferenceTensor): ReferenceTensor {
    const y = tensor(rows, width / 2);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < y.width; c++) {
        const gate = data[r * width + c]!;
        const up = data[r * width + y.width + c]!;
        const gelu = 0.5 * gate * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (gate + 0.044715 * gate ** 3)));
        y.data[r * y.width + c] = gelu * up;
      }
    }
    return y;
  }

  addNormed(
    x: ReferenceTensor,
    update: ReferenceTensor,
    postWeight: Float64Array,
    nextWeight: Float64Array,
  ): ReferenceTensor {
    const normed = this.norm(update, postWeight);
    for (let i = 0; i < x.data.length; i++) x.data[i] = x.data[i]! + normed.data[i]!;
    return this.norm(x, nextWeight);
  }

  lastRow({ data, rows, width }: ReferenceTensor): ReferenceTensor {
    return { rows: 1, width, data: data.slice((rows - 1) * width, rows * width) };
  }

  softcap(x: ReferenceTensor, cap: number): ReferenceTensor {
    return { ...x, data: x.data.map((value) => cap * Math.tanh(value / cap)) };
  }
}

/** Whole tensors, dequantised exactly. */
export const referenceLoader: WeightLoader<ReferenceTensor, Float64Array> = {
  async matrix(_, tensors) {
    const parts = await Promise.all(tensors.map(readTensor));
    const rows = tensors.reduce((sum, part) => sum + rowCount(part), 0);
    const matrix = tensor(rows, rowWidth(tensors[0]!));
    let offset = 0;
    for (const part of parts) {
      matrix.data.set(part, offset);
      offset += part.length;
    }
    return matrix;
  },
  vector: readTensor,
};

async function readTensor(source: CheckpointTensor): Promise<Float64Array> {
  const rows = rowCount(source);
  const bytes = await source.readRows(0, rows);
  return Float64Array.from(weightFormats[source.encoding].dequantize(bytes, rows * rowWidth(source)));
}

const tensor = (rows: number, width: number): ReferenceTensor => ({
  rows,
  width,
  data: new Float64Array(rows * width),
});
