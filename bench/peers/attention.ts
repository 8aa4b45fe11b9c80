import {
  attentionDecode,
  attentionMerge,
  attentionPrefill,
  attentionPrefillReference,
  compileKernel,
  decodeSplits,
  type GpuContext,
  GpuMemory,
  partialsLength,
  Recorder,
  type Recording,
  ropeCache,
  ropeCacheReference,
  rotationTable,
} from '@tama/kernels-wgsl';
import { nmse, packKeys, randomNormal, readBuffer } from '@tama/kernels-wgsl/testing';
import * as ort from 'onnxruntime-node';
import type { Row } from '../report.ts';
import { attentionModel } from './onnx-model.ts';
import { measureInTurns, openSession, submit } from './turns.ts';

export type AttentionCase = { readonly rows: number; readonly past: number };

// Of 2B.
const shape = { heads: 8, kvHeads: 4, headDim: 256 } as const;
const { heads, kvHeads, headDim } = shape;
const half = headDim / 2;
const theta = 10_000;

/**
 * Our attention with rotation and writing of the cache beside GroupQueryAttention of ONNX Runtime's WebGPU provider, both
 * with keys and values in f32. We soft-cap, they ignore it: inputs are small, where it changes nothing. They also copy
 * the cache at every node, since a session in Node cannot lend it its buffers.
 */
export async function measureAttention(
  context: GpuContext,
  { rows, past }: AttentionCase,
  rounds: number,
): Promise<Row> {
  const { device } = context;
  const features = { ...context.features, f16: false };
  const keys = past + rows;
  const pitch = (heads + 2 * kvHeads) * headDim;
  const random = (seed: number, length: number) => randomNormal(seed, length).map((v) => v / 4);
  const [q, k, v] = [1, 2, 3].map((seed) => random(seed, rows * (seed === 1 ? heads : kvHeads) * headDim));
  const [pastKeys, pastValues] = [4, 5].map((seed) => random(seed, kvHeads * past * headDim));
  const rotations = rotationTable(keys, headDim, theta);

  const memory = new GpuMemory(device, 'bench');
  const store = (label: string, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) => {
    const buffer = memory.storage(label, data.byteLength);
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  };
  const widths = [heads, kvHeads, kvHeads].map((count) => count * headDim);
  const rowOf = (row: number) => [q!, k!, v!].map((data, i) => data.subarray(row * widths[i]!, (row + 1) * widths[i]!));
  const stacked = new Float32Array(rows * pitch);
  for (let row = 0; row < rows; row++) {
    let at = row * pitch;
    for (const part of rowOf(row)) {
      stacked.set(part, at);
      at += part.length;
    }
  }
  const cacheOf = (data: Float32Array): Float32Array<ArrayBuffer> => {
    const cache = new Float32Array(kvHeads * keys * headDim);
    for (let head = 0; head < kvHeads; head++) {
      cache.set(data.subarray(head * past * headDim, (head + 1) * past * headDim), head * keys * headDim);
    }
    return cache;
  };
  const buffers = {
    step: store('step', Uint32Array.of(past, rows, 0, 0)),
    rotations: store('rotations', rotations),
    qkv: store('qkv', stacked),
    keys: store('keys', packKeys(cacheOf(pastKeys!), headDim, false)),
    values: store('values', cacheOf(pastValues!)),
  };
  const y = memory.storage('y', 4 * rows * heads * headDim);
  const params = { ...shape, capacity: keys, window: 0, scale: headDim ** -0.5, softcap: 50 };
  const splits = decodeSplits(keys);
  const partials = memory.storage('partials', 4 * partialsLength({ ...shape, splits }));
  const options = { features };
  const record = async (times: number): Promise<Recording> => {
    const recorder = new Recorder(device, 'bench');
    for (let i = 0; i < times; i++) {
      if (rows === 1) {
        const decode = await compileKernel(device, attentionDecode, options);
        recorder.dispatch(decode, { ...buffers, partials }, { ...params, splits });
        const merge = { ...shape, rows, splits, yPitch: heads * headDim };
        recorder.dispatch(await compileKernel(device, attentionMerge, options), { ...buffers, partials, y }, merge);
      } else {
        const chunk = { ...params, rows, pitch, yPitch: heads * headDim, splits: 1 };
        recorder.dispatch(await compileKernel(device, ropeCache, options), buffers, chunk);
        recorder.dispatch(await compileKernel(device, attentionPrefill, options), { ...buffers, y }, chunk);
      }
    }
    return recorder.finish();
  };
  const ours = [await record(1), await record(5)] as const;

  const inputs = {
    ...shape,
    rows,
    past,
    pastKeys: pastKeys!,
    pastValues: pastValues!,
    cos: Float32Array.from({ length: keys * half }, (_, i) => rotations[2 * i]!),
    sin: Float32Array.from({ length: keys * half }, (_, i) => rotations[2 * i + 1]!),
  };
  const session = (nodes: number) => openSession(attentionModel(inputs, nodes));
  const theirs = [await session(1), await session(5)] as const;
  const tensor = (data: Float32Array, count: number) => new ort.Tensor('float32', data, [1, rows, count * headDim]);
  const feeds = { q: tensor(q!, heads), k: tensor(k!, kvHeads), v: tensor(v!, kvHeads) };

  await submit(device, ours[0]);
  const result = new Float32Array(await readBuffer(device, y));
  const theirResult = Object.values(await theirs[0].run(feeds))[0]!.data as Float32Array;
  const correct = reference(
    stacked,
    cacheOf(pastKeys!),
    cacheOf(pastValues!),
    { ...params, rows, pitch, yPitch: widths[0]!, splits: 1 },
    past,
  );
  const ourError = nmse(result.subarray(0, correct.length), correct);
  if (!(ourError < 1e-9)) throw new Error(`Our attention is wrong: NMSE ${ourError}`);

  const times = await measureInTurns(device, ours, theirs, feeds, rounds);
  memory.dispose();
  const name = rows === 1 ? `1 row, ${keys} keys` : `${rows} rows, ${past} keys before them`;
  return { shape: name, ...times, 'their NMSE': nmse(theirResult, correct) };
}

/** In f64: [rows, heads * headDim]. */
function reference(
  qkv: Float32Array,
  keys: Float32Array,
  values: Float32Array,
  params: Parameters<typeof ropeCacheReference>[5] & Parameters<typeof attentionPrefillReference>[4],
  start: number,
): Float64Array {
  const step = { start, rows: params.rows };
  const after = ropeCacheReference(step, theta, qkv, keys, values, params);
  return attentionPrefillReference(step, after.qkv, after.keys, after.values, params);
}
