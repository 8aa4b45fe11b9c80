import type { Cost, Features, KernelSpec, WeightCode } from '../kernel.ts';
import { PANEL, panelBytes, type WeightFormat } from '../weights/weight-format.ts';

/** One dispatch to time: what a real model asks of the kernel, or a size that shows where it breaks down. */
export type BenchShape<Params, Binding extends string> = {
  /** E.g. `2B, decode at 8192`. */
  readonly name: string;
  readonly params: Params;
  /** Of each binding its bytes, or its content where time depends on it. */
  readonly buffers: Readonly<Record<Binding, number | Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>>;
  readonly cost: Cost;
  readonly weights?: WeightCode;
  readonly secondWeights?: WeightCode;
};

export type Bench<Params, Binding extends string> = {
  readonly spec: KernelSpec<Params, Binding>;
  /** Shapes of a variant: with f16, buffers may be smaller. */
  readonly shapes: (features: Features) => readonly BenchShape<Params, Binding>[];
};

/** What a `NAME.bench.ts` exports as its default: data, which bench/run.ts runs and prints as GB/s and GFLOP/s. */
export function bench<Params, Binding extends string>(
  spec: KernelSpec<Params, Binding>,
  shapes: Bench<Params, Binding>['shapes'],
): Bench<Params, Binding> {
  return { spec, shapes };
}

/** Bytes of the two planes of a packed matrix, for `buffers`. */
export function planeBytes(format: WeightFormat, rows: number, columns: number): { weights: number; scales: number } {
  const panel = panelBytes(format, columns);
  const panels = Math.ceil(rows / PANEL);
  return { weights: panels * panel.weights, scales: Math.max(16, panels * panel.scales) };
}
