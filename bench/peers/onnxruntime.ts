/**
 * Our products over Q4_0 beside MatMulNBits of ONNX Runtime's WebGPU provider: the same matrix, the same adapter, in
 * turns in one process. Both make five products and one; the difference is four without the cost of a run.
 *
 *   cd bench/peers && pnpm install --ignore-workspace --ignore-scripts && cd ../..
 *   node --conditions=@tama/source bench/peers/onnxruntime.ts [--adapter NAME] [--rounds N] [--save]
 *
 * ONNX Runtime takes the system's default adapter; it runs without bounds checks, which a browser does not allow.
 */
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import {
  compileKernel,
  createPackedMatrix,
  GpuMemory,
  matmul,
  matvec,
  Recorder,
  type Recording,
  requestGpu,
  weightFormats,
} from '../../packages/kernels-wgsl/src/index.ts';
import { openDawn } from '../../packages/kernels-wgsl/src/node.ts';
import { nmse, randomMatrix, randomNormal, readBuffer } from '../../packages/kernels-wgsl/src/testing/index.ts';
import { environment, save, table } from '../report.ts';
import { type FourBitMatrix, matMulModel } from './onnx-model.ts';

const { values } = parseArgs({
  options: {
    adapter: { type: 'string' },
    rounds: { type: 'string', default: '8' },
    save: { type: 'boolean', default: false },
  },
});
const shapes = [1, 64].flatMap((batch) =>
  [
    [9216, 2304],
    [2304, 9216],
    [2304, 2048],
  ].map(([rows, columns]) => ({ batch, rows: rows!, columns: columns! })),
);

const format = weightFormats.q4_0;
const context = await requestGpu(await openDawn(values.adapter ? { adapter: values.adapter } : {}));
const { device, features, info } = context;

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

type Times = { wall: number; cpu: number };

/** Adds a run's times to the least so far. CPU time is what counts on a software adapter that others share. */
async function time(least: Times, run: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  const usage = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(usage);
  least.wall = Math.min(least.wall, performance.now() - start);
  least.cpu = Math.min(least.cpu, (user + system) / 1000);
}

const submit = async (recording: Recording): Promise<void> => {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  recording.encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
};

async function measure({ batch, rows, columns }: (typeof shapes)[number]) {
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
  const ours: Recording[] = [];
  for (const products of [1, 5]) {
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
    ours.push(recorder.finish());
  }

  const sessions: ort.InferenceSession[] = [];
  for (const products of [1, 5]) {
    const model = matMulModel(reorder(blocks, rows, columns), batch, products);
    // Optimised, five equal products would become one.
    const settings = {
      executionProviders: ['webgpu'],
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 3,
    } as const;
    sessions.push(await ort.InferenceSession.create(model, settings));
  }
  const feeds = { x: new ort.Tensor('float32', x, [batch, columns]) };

  // They compute the same.
  await submit(ours[0]!);
  const result = new Float32Array(await readBuffer(device, y));
  const theirs = Object.values(await sessions[0]!.run(feeds))[0]!.data as Float32Array;
  const difference = nmse(result.subarray(0, batch * rows), theirs);
  if (!(difference < 1e-9)) throw new Error(`The products differ: NMSE ${difference}`);

  const fresh = (): Times => ({ wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY });
  const times = { ours: [fresh(), fresh()], theirs: [fresh(), fresh()] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const i of [0, 1]) {
      await time(times.ours[i]!, () => submit(ours[i]!));
      await time(times.theirs[i]!, () => sessions[i]!.run(feeds));
    }
  }
  for (const session of sessions) await session.release();
  for (const recording of ours) recording.dispose();
  memory.dispose();
  const one = ([single, five]: Times[], key: keyof Times) => (five![key] - single![key]) / 4;
  return {
    shape: `${batch} x ${columns} -> ${rows}`,
    'our ms': one(times.ours, 'wall'),
    'their ms': one(times.theirs, 'wall'),
    'our CPU ms': one(times.ours, 'cpu'),
    'their CPU ms': one(times.theirs, 'cpu'),
    'times as fast': one(times.theirs, 'wall') / one(times.ours, 'wall'),
    'by CPU': one(times.theirs, 'cpu') / one(times.ours, 'cpu'),
  };
}

const rows = [];
for (const shape of shapes) {
  rows.push(await measure(shape));
  process.stderr.write('.');
}
process.stderr.write('\n');
console.log(`${info.description}; ONNX Runtime ${ort.env.versions.common}, MatMulNBits, 4 bits, blocks of 32\n`);
console.log(table(rows));
if (values.save) await save('peers-onnxruntime', { ...environment(info.description), products: rows });
process.exit();
