import { weightFormats } from '@tama/kernels-wgsl';
import { type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import type { Gemma2Config } from './config.ts';
import { type EmbeddingScale, embeddingScale } from './embedding-scale.ts';
import type { Ops } from './ops.ts';
import type { WeightLoader } from './weights.ts';

/** [rows, width], row-major. */
export type ReferenceTensor = { readonly rows: number; readonly width: number; readonly data: Float64Array };

/** Rows of weights as f32, which holds every encoding's values; a row is valid until the next is asked for. */
export type ReferenceMatrix = {
  readonly rows: number;
  readonly width: number;
  row(index: number): Float32Array;
};

/**
 * The operations of Gemma 2 in plain f64, for short prompts on small models: the oracle for the GPU, and where to look
 * when logits differ. Keys and values are kept for every position, so a window is a mask and nothing is ever lost.
 */
export class ReferenceOps implements Ops<ReferenceTensor, ReferenceMatrix, Float64Array> {
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

  embed(embedding: ReferenceMatrix): ReferenceTensor {
    const { width } = embedding;
    const x = tensor(this.#tokens.length, width);
    this.#tokens.forEach((id, r) => {
      const row = embedding.row(id);
      for (let c = 0; c < width; c++) x.data[r * width + c] = row[c]! * this.#scale;
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

  matmul(x: ReferenceTensor, matrix: ReferenceMatrix): ReferenceTensor {
    const y = tensor(x.rows, matrix.rows);
    for (let n = 0; n < matrix.rows; n++) {
      const weights = matrix.row(n);
      for (let r = 0; r < x.rows; r++) {
        const at = r * x.width;
        let sum = 0;
        for (let k = 0; k < x.width; k++) sum += x.data[at + k]! * weights[k]!;
        y.data[r * matrix.rows + n] = sum;
      }
    }
    return y;
  }

  #rotateAndCache({ data, rows, width }: ReferenceTensor, layer: number): void {
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

  attention(qkv: ReferenceTensor, layer: number, window: number): ReferenceTensor {
    this.#rotateAndCache(qkv, layer);
    const { data, rows, width } = qkv;
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

  gated(x: ReferenceTensor, gateUp: ReferenceMatrix): ReferenceTensor {
    const { data, rows, width } = this.matmul(x, gateUp);
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

/** Matrices stay in their encoding, so that those of the largest models fit into memory; rows are decoded exactly. */
export const referenceLoader: WeightLoader<ReferenceMatrix, Float64Array> = {
  matrix: (_, tensors) => stack(tensors),
  gateUp: (_, gate, up) => stack([gate, up]),
  async vector(source) {
    const bytes = await source.readRows(0, 1);
    return Float64Array.from(weightFormats[source.encoding].dequantize(bytes, rowWidth(source)));
  },
};

async function stack(tensors: readonly CheckpointTensor[]): Promise<ReferenceMatrix> {
  const parts = await Promise.all(
    tensors.map(async (source) => ({ source, bytes: await source.readRows(0, rowCount(source)) })),
  );
  const width = rowWidth(tensors[0]!);
  const values = new Float32Array(width);
  return {
    rows: tensors.reduce((sum, part) => sum + rowCount(part), 0),
    width,
    row(index) {
      let at = index;
      for (const { source, bytes } of parts) {
        const { rowBytes, encoding } = source;
        if (at < rowCount(source)) {
          const row = bytes.subarray(at * rowBytes, (at + 1) * rowBytes);
          return weightFormats[encoding].dequantize(row, width, values);
        }
        at -= rowCount(source);
      }
      throw new RangeError(`row ${index} of a matrix that ends before`);
    },
  };
}

const tensor = (rows: number, width: number): ReferenceTensor => ({
  rows,
  width,
  data: new Float64Array(rows * width),
});
