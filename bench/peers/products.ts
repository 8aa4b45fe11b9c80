import {
  compileKernel,
  createPackedMatrix,
  type GpuContext,
  GpuMemory,
  matmul,
  matvec,
  Recorder,
  type Recording,
  weightFormats,
} from '@tama/kernels-wgsl';
import { nmse, randomMatrix, randomNormal, readBuffer } from '@tama/kernels-wgsl/testing';
import * as ort from 'onnxruntime-node';
import type { Row } from '../report.ts';
import { type FourBitMatrix, matMulModel } from './onnx-model.ts';
import { measureInTurns, openSession, submit } from './turns.ts';

export type ProductShape = { readonly batch: number; readonly rows: number; readonly columns: number };

const format = weightFormats.q4_0;

/** Our product over Q4_0 beside MatMulNBits of ONNX Runtime's WebGPU provider: the same matrix, the same adapter. */
export async function measureProduct(
  { device, features }: GpuContext,
  { batch, rows, columns }: ProductShape,
  rounds: number,
): Promise<Row> {
  const blocks = randomMatrix(format, 1, rows, columns);
  const x = randomNormal(2, batch * columns);

  const memory = new GpuMemory(device, 'bench');
  const { matrix, write } = await createPackedMatrix(memory, 'w', format, rows, columns);
  write(0, blocks);
  const { weights, scales } = matrix.parts[0]!;
  const xBuffer = memory.storage('x', x.byteLength);
  device.queue.writeBuffer(xBuffer, 0, x);
  const step = memory.storage('step', 16);
  device.queue.writeBuffer(step, 0, Uint32Array.of(0, batch, 0, 0));
  const y = memory.storage('y', 4 * batch * rows);
  const options = { features, weights: format };
  const record = async (products: number): Promise<Recording> => {
    const recorder = new Recorder(device, 'bench');
    for (let i = 0; i < products; i++) {
      const shared = { x: xBuffer, weights, scales, y };
      if (batch === 1) {
        recorder.dispatch(await compileKernel(device, matvec, options), shared, { columns, rows, offset: 0 });
      } else {
        const params = { batch, columns, rows, offset: 0, pitch: rows };
        recorder.dispatch(await compileKernel(device, matmul, options), { step, ...shared }, params);
      }
    }
    return recorder.finish();
  };
  const ours = [await record(1), await record(5)] as const;

  const reordered = reorder(blocks, rows, columns);
  const session = (products: number) => openSession(matMulModel(reordered, batch, products));
  const theirs = [await session(1), await session(5)] as const;
  const feeds = { x: new ort.Tensor('float32', x, [batch, columns]) };

  await submit(device, ours[0]);
  const result = new Float32Array(await readBuffer(device, y));
  const expected = Object.values(await theirs[0].run(feeds))[0]!.data as Float32Array;
  const difference = nmse(result.subarray(0, batch * rows), expected);
  if (!(difference < 1e-9)) throw new Error(`The products differ: NMSE ${difference}`);

  const times = await measureInTurns(device, ours, theirs, feeds, rounds);
  memory.dispose();
  return { shape: `${batch} x ${columns} -> ${rows}`, ...times };
}

/** A Q4_0 matrix in the order of ONNX Runtime. */
function reorder(blocks: Uint8Array, rows: number, columns: number): FourBitMatrix {
  const count = (rows * columns) / 32;
  const quants = new Uint8Array(count * 16);
  const scales = new Float32Array(count);
  const nibble = (at: number, e: number) => (e < 16 ? blocks[at + e]! & 15 : blocks[at + e - 16]! >> 4);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < 16; j++) {
      quants[16 * i + j] = nibble(18 * i + 2, 2 * j) | (nibble(18 * i + 2, 2 * j + 1) << 4);
    }
    scales[i] = new DataView(blocks.buffer).getFloat16(18 * i, true);
  }
  return { rows, columns, quants, scales };
}
