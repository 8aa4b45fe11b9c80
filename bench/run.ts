/**
 * How fast Tama is here: its kernels beside what the adapter can do at most, models by length of their context, the
 * host's share of a token, the size of bundles. Tables for people, then one line of JSON; `--save` keeps the line in
 * bench/results, in the adapter's file.
 *
 *   pnpm bench [--only kernels|models|host|sizes]… [--adapter NAME] [--device auto|f32] [--save]
 *     kernels: [--filter TEXT]… [--rounds N]     part of a kernel's, shape's or encoding's name; runs of each
 *     models:  [--model FILE|SHAPE-TYPE[-LAYERS]]… [--lengths N,N…] [--decode N] [--repeat N] [--tuning off|auto|now]
 */
import { parseArgs } from 'node:util';
import type { TuningMode } from '@tama/core';
import { requestGpu } from '@tama/kernels-wgsl';
import { openDawn } from '@tama/kernels-wgsl/node';
import { measureHostTime } from './host-time.ts';
import { measureKernels } from './kernels.ts';
import { measureModel } from './model.ts';
import { ModelFiles } from './models.ts';
import { environment, save, table } from './report.ts';
import { measureSizes } from './sizes.ts';

const sections = ['kernels', 'models', 'host', 'sizes'];
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: sections },
    adapter: { type: 'string' },
    device: { type: 'string', default: 'auto' },
    filter: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '10' },
    model: { type: 'string', multiple: true, default: ['models/demo/tama-demo-Q8_0.gguf', 'window-q8_0'] },
    lengths: { type: 'string', default: '16,512,2048,8192' },
    decode: { type: 'string', default: '64' },
    repeat: { type: 'string', default: '3' },
    tuning: { type: 'string', default: 'off' },
    save: { type: 'boolean', default: false },
  },
});

// Else --save would keep a line that says nothing.
for (const section of values.only) {
  if (!sections.includes(section)) throw new Error(`--only ${section} is none of ${sections.join(', ')}`);
}

const open = async () => await openDawn(values.adapter ? { adapter: values.adapter } : {});
const device = values.device === 'f32' ? 'f32' : 'auto';
const context = await requestGpu(await open(), { plain: device === 'f32' });
const { info, features } = context;
const adapter = info.description || info.device;
const results: Record<string, unknown> = { ...(await environment(adapter)), features };
const wanted = (section: string): boolean => values.only.includes(section);

if (wanted('kernels')) {
  const rates = await measureKernels(context, { filter: values.filter, rounds: Number(values.rounds) });
  const { gigabytesPerSecond, gigaflops, halfGigaflops } = rates.ceilings;
  const halves = halfGigaflops === undefined ? '' : `, ${halfGigaflops.toFixed(0)} in f16`;
  console.log(
    `${adapter}: copy ${gigabytesPerSecond.toFixed(1)} GB/s, multiply-add ${gigaflops.toFixed(0)} GFLOP/s${halves}; ${rates.clock}\n`,
  );
  console.log(table(rates.kernels));
  Object.assign(results, rates);
}
context.device.destroy();

if (wanted('models')) {
  const files = new ModelFiles();
  const models = [];
  try {
    for (const model of values.model) {
      const rates = await measureModel(await files.file(model), {
        gpu: await open(), // Of its own: a device that has compiled nothing yet.
        device,
        tuning: values.tuning as TuningMode,
        lengths: values.lengths.split(',').map(Number),
        decode: Number(values.decode),
        rounds: Number(values.repeat),
      });
      console.log(table([rates.facts]));
      console.log(table(rates.lengths));
      models.push(rates);
    }
  } finally {
    await files.dispose();
  }
  results.models = models;
}

if (wanted('host')) {
  const host = await measureHostTime('2b', 200);
  console.log(table([host]));
  results.host = host;
}

if (wanted('sizes')) {
  const sizes = await measureSizes();
  console.log(table(sizes));
  results.sizes = sizes;
}

console.log(JSON.stringify(results));
if (values.save) await save(values.adapter ?? adapter, results);
process.exit();
