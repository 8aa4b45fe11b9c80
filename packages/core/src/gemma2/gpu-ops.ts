import {
  chunkSplits,
  decodeSplits,
  type GpuMemory,
  PANEL,
  partialsLength,
  pitchOf,
  type Recorder,
  smallBatch,
} from '@tama/kernels-wgsl';
import { mostAtOnce } from '../generation/sampler.ts';
import type { Gemma2Config } from './config.ts';
import { type GpuKernels, shapeKey, stackedKernel, type VectorKernelName, vectorKernel } from './gpu-kernels.ts';
import { type GpuMatrix, type GpuPart, partsByTwo, partsOf } from './gpu-weights.ts';
import type { KvCache } from './kv-cache.ts';
import type { Ops } from './ops.ts';

/** An activation: [rows, pitchOf(width)] f32. */
export type GpuTensor = {
  /** Changes for the residual stream only: a product that computes the norms before it leaves the stream in another. */
  buffer: GPUBuffer;
  readonly rows: number;
  readonly width: number;
  /** A soft-cap that whoever reads it still has to apply: a sampler does it as it reads, and argmax needs none. */
  readonly softcap?: number;
  /** A sandwich that whoever reads it still has to compute: a product may do so itself. */
  readonly sandwich?: Sandwich;
};

/** What {@link Ops.addNormed} is given. */
type Sandwich = {
  readonly x: GpuTensor;
  readonly update: GpuTensor;
  readonly postWeight: GPUBuffer;
  readonly nextWeight: GPUBuffer;
};

/** What all recordings of a model share. Activations are planned for the largest step and reused by every layer. */
export type GpuState = {
  readonly config: Gemma2Config;
  readonly embeddingScale: number;
  readonly kernels: GpuKernels;
  readonly memory: Pick<GpuMemory, 'storage'>;
  readonly cache: KvCache;
  /** [context, headDim / 2] cosines and sines. */
  readonly rotations: GPUBuffer;
  /** See common/step.wgsl: position, live rows and output slot of the step. */
  readonly step: GPUBuffer;
  /** What `step` is set to before the first row's token is chosen, where every row has one. */
  readonly sampledStep: GPUBuffer;
  /** Ids of the step's tokens. */
  readonly tokens: GPUBuffer;
  readonly activations: Map<string, GPUBuffer[]>;
};

export function stepBuffers(
  memory: Pick<GpuMemory, 'storage'>,
  prefillChunk: number,
): Pick<GpuState, 'step' | 'sampledStep' | 'tokens'> {
  return {
    step: memory.storage('step', 16),
    sampledStep: memory.storage('sampled step', 16),
    tokens: memory.storage('tokens', 4 * Math.max(prefillChunk, mostAtOnce)),
  };
}

/** Records the operations of one step of `rows` rows. */
export class GpuOps implements Ops<GpuTensor, GpuMatrix, GPUBuffer> {
  readonly #state: GpuState;
  readonly #recorder: Pick<Recorder, 'dispatch'>;
  readonly #rows: number;

  constructor(state: GpuState, recorder: Pick<Recorder, 'dispatch'>, rows: number) {
    this.#state = state;
    this.#recorder = recorder;
    this.#rows = rows;
  }

  embed(embedding: GpuMatrix): GpuTensor {
    const { kernels, tokens, embeddingScale: scale } = this.#state;
    const x = this.#activation('embed', this.#rows, embedding.columns);
    const parts = partsOf(embedding);
    // Three at a time; a place that is left over has no rows, and binds what is there.
    for (let i = 0; i < parts.length; i += 3) {
      const [a, b = a, c = a] = parts.slice(i, i + 3) as [GpuPart, GpuPart?, GpuPart?];
      const { firstRow, rows: partRows } = a;
      const tableRows = (parts[i + 3]?.firstRow ?? embedding.rows) - firstRow;
      this.#recorder.dispatch(
        kernels.embed,
        {
          tokens,
          ...{ weights: a.weights, scales: a.scales },
          ...{ weightsB: b.weights, scalesB: b.scales },
          ...{ weightsC: c.weights, scalesC: c.scales },
          y: x.buffer,
        },
        { rows: x.rows, width: x.width, pitch: pitchOf(x.width), firstRow, partRows, tableRows, scale },
      );
    }
    return x;
  }

  norm(x: GpuTensor, weight: GPUBuffer): GpuTensor {
    const y = this.#activation('norm', x.rows, x.width);
    const { rmsEpsilon: epsilon } = this.#state.config;
    this.#recorder.dispatch(
      this.#state.kernels.rmsnorm,
      { x: x.buffer, weight, y: y.buffer },
      { rows: x.rows, width: x.width, pitch: pitchOf(x.width), epsilon },
    );
    return y;
  }

  matmul(input: GpuTensor, matrix: GpuMatrix): GpuTensor {
    const normed = this.#normedProduct('matvec', input, matrix);
    if (normed) return normed;
    const x = this.#normed(input);
    if (x.rows === 1) return this.#matvec(x, matrix);
    const { kernels, step } = this.#state;
    const { columns } = matrix;
    const y = this.#activation('matmul', x.rows, matrix.rows);
    for (const { weights, scales, firstRow: offset, rows, encoding } of partsOf(matrix)) {
      const params = { batch: x.rows, columns, rows, offset, pitch: pitchOf(matrix.rows) };
      const small = x.rows <= smallBatch ? kernels.matmulSmall.get(encoding) : undefined;
      const buffers = { step, x: x.buffer, weights, scales, y: y.buffer };
      this.#recorder.dispatch(small ?? kernels.matmul.get(encoding)!, buffers, params);
    }
    return y;
  }

  #matvec(x: GpuTensor, matrix: GpuMatrix): GpuTensor {
    const { kernels } = this.#state;
    const { columns } = matrix;
    const y = this.#activation('matmul', 1, matrix.rows);
    for (const [first, second] of partsByTwo(matrix)) {
      const { weights, scales, rows, firstRow: offset } = first;
      const buffers = { x: x.buffer, weights, scales, y: y.buffer };
      if (second) {
        const { weights: weightsB, scales: scalesB, rows: rowsB } = second;
        const kernel = stackedKernel(kernels, first, second);
        this.#recorder.dispatch(kernel, { ...buffers, weightsB, scalesB }, { columns, rows, rowsB, offset });
      } else {
        this.#recorder.dispatch(vectorKernel(kernels, 'matvec', first), buffers, { columns, rows, offset });
      }
    }
    return y;
  }

  attention(qkv: GpuTensor, layer: number, window: number): GpuTensor {
    const { kernels, step, rotations, cache, config } = this.#state;
    const { heads, kvHeads, headDim, queryScale: scale, attentionSoftcap: softcap } = config;
    const { keys, values, capacity } = cache.layers[layer]!;
    const y = this.#activation('attention', qkv.rows, heads * headDim);
    const buffers = { step, rotations, qkv: qkv.buffer, keys, values };
    const shape = { heads, kvHeads, headDim, capacity };
    const attended = { ...shape, scale, softcap, window: Number.isFinite(window) ? window : 0 };
    if (qkv.rows === 1) {
      const params = { ...attended, splits: decodeSplits(capacity) };
      const partials = this.#partials(params, y.rows);
      this.#recorder.dispatch(kernels.attentionDecode, { ...buffers, partials }, params);
      this.#mergePartials(partials, y, params.splits);
    } else {
      const chunk = { rows: qkv.rows, pitch: pitchOf(qkv.width) };
      this.#recorder.dispatch(kernels.ropeCache, buffers, { ...shape, ...chunk });
      const params = { ...attended, ...chunk, yPitch: pitchOf(y.width), splits: chunkSplits(qkv.rows, capacity) };
      const split = params.splits > 1;
      const sums = split ? this.#partials(params, y.rows) : y.buffer;
      this.#recorder.dispatch(kernels.attentionPrefill, { ...buffers, y: sums }, params);
      if (split) this.#mergePartials(sums, y, params.splits);
    }
    return y;
  }

  #partials(
    params: { readonly heads: number; readonly headDim: number; readonly splits: number },
    rows: number,
  ): GPUBuffer {
    return this.#buffer(`attention partials ${params.splits}`, 4 * rows * partialsLength(params));
  }

  #mergePartials(partials: GPUBuffer, y: GpuTensor, splits: number): void {
    const { kernels, step, config } = this.#state;
    const { heads, headDim } = config;
    const params = { rows: y.rows, heads, headDim, splits, yPitch: pitchOf(y.width) };
    this.#recorder.dispatch(kernels.attentionMerge, { step, partials, y: y.buffer }, params);
  }

  gated(input: GpuTensor, gateUp: GpuMatrix): GpuTensor {
    const normed = gateUp.paired ? this.#normedProduct('gatedMatvec', input, gateUp) : undefined;
    if (normed) return normed;
    const x = this.#normed(input);
    const { kernels, config } = this.#state;
    const width = config.intermediateSize;
    const y = this.#activation('gated', x.rows, width);
    if (x.rows === 1 && gateUp.paired) {
      const { columns } = gateUp;
      for (const part of partsOf(gateUp)) {
        const { weights, scales, firstRow, rows } = part;
        const kernel = vectorKernel(kernels, 'gatedMatvec', part);
        const buffers = { x: x.buffer, weights, scales, y: y.buffer };
        this.#recorder.dispatch(kernel, buffers, { columns, rows, offset: firstRow / 2 });
      }
      return y;
    }
    const both = this.matmul(x, gateUp);
    const layout = gateUp.paired
      ? { run: PANEL, stride: 2 * PANEL, upOffset: PANEL }
      : { run: width, stride: 0, upOffset: width };
    this.#recorder.dispatch(
      kernels.geglu,
      { gateUp: both.buffer, y: y.buffer },
      { rows: y.rows, width, inputPitch: pitchOf(both.width), ...layout, pitch: pitchOf(width) },
    );
    return y;
  }

  addNormed(x: GpuTensor, update: GpuTensor, postWeight: GPUBuffer, nextWeight: GPUBuffer): GpuTensor {
    const sandwich = { x, update, postWeight, nextWeight };
    return { ...this.#activation('norm', x.rows, x.width), sandwich };
  }

  /** Computes what {@link addNormed} has left to the reader. */
  #normed({ sandwich, ...y }: GpuTensor): GpuTensor {
    if (!sandwich) return y;
    const { x, update, postWeight, nextWeight } = sandwich;
    const { rmsEpsilon: epsilon } = this.#state.config;
    this.#recorder.dispatch(
      this.#state.kernels.residualNorms,
      { x: x.buffer, update: update.buffer, postWeight, nextWeight, y: y.buffer },
      { rows: x.rows, width: x.width, pitch: pitchOf(x.width), epsilon },
    );
    return y;
  }

  /** A sandwich and the product of its row by a matrix at once; undefined where there is no kernel for it. */
  #normedProduct(name: VectorKernelName, { rows, sandwich }: GpuTensor, matrix: GpuMatrix): GpuTensor | undefined {
    const { kernels, config } = this.#state;
    const [part, ...others] = partsOf(matrix);
    if (!sandwich || rows > 1 || !part || others.length > 0) return undefined;
    const kernel = kernels.normed.get(shapeKey(name, part));
    if (!kernel) return undefined;
    const { x, update, postWeight, nextWeight } = sandwich;
    const { columns, rows: partRows, weights, scales } = part;
    const residual = this.#otherStream(x);
    const y = this.#activation(`normed ${name}`, 1, name === 'matvec' ? matrix.rows : config.intermediateSize);
    this.#recorder.dispatch(
      kernel,
      {
        ...{ x: x.buffer, update: update.buffer, postWeight, nextWeight },
        ...{ weights, scales, residual, y: y.buffer },
      },
      { columns, rows: partRows, offset: 0, epsilon: config.rmsEpsilon },
    );
    x.buffer = residual;
    return y;
  }

  /** Of the two buffers of a residual stream, the one that it is not in. */
  #otherStream({ buffer, rows, width }: GpuTensor): GPUBuffer {
    const [first, second] = ['embed', 'residual'].map((name) => this.#activation(name, rows, width).buffer);
    return buffer === first ? second! : first!;
  }

  lastRow(input: GpuTensor): GpuTensor {
    if (input.rows === 1) return input;
    const x = this.#normed(input);
    const y = this.#activation('last row', 1, x.width);
    this.#recorder.dispatch(
      this.#state.kernels.lastRow,
      { step: this.#state.step, x: x.buffer, y: y.buffer },
      { width: x.width, pitch: pitchOf(x.width) },
    );
    return y;
  }

  softcap(x: GpuTensor, softcap: number): GpuTensor {
    return { ...x, softcap };
  }

  /** Applies what {@link softcap} has left to the reader, in place. */
  applySoftcap({ softcap: cap, ...x }: GpuTensor): GpuTensor {
    if (cap === undefined) return x;
    this.#recorder.dispatch(
      this.#state.kernels.softcap,
      { x: x.buffer },
      { rows: x.rows, width: x.width, pitch: pitchOf(x.width), cap },
    );
    return x;
  }

  /** The buffer of an operation's result. Operations of one name and width never have two results alive at once. */
  #activation(operation: string, rows: number, width: number): GpuTensor {
    return { buffer: this.#buffer(`${operation} [, ${width}]`, 4 * rows * pitchOf(width)), rows, width };
  }

  /** One of this label that is large enough: steps of fewer rows use what a larger one has made. */
  #buffer(label: string, bytes: number): GPUBuffer {
    const { activations, memory } = this.#state;
    const known = activations.get(label) ?? [];
    activations.set(label, known);
    const enough = known.find(({ size }) => size >= bytes);
    if (enough) return enough;
    const buffer = memory.storage(label, bytes);
    known.push(buffer);
    return buffer;
  }
}
