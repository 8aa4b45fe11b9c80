/**
 * How fast Tama is here: its kernels beside what the adapter can do at most, models by length of their context, the
 * host's share of a token, the size of bundles. Tables for people, then one line of JSON; `--save` keeps the line in
 * bench/results, in the adapter's file. Its options are those of {@link usage}.
 */
import { requestGpu } from '@tama/kernels-wgsl';
import { openDawn } from '@tama/kernels-wgsl/node';
import { type Ceilings, measureCeilings } from './ceilings.ts';
import { endingWith } from './ending-with.ts';
import { GpuTimer } from './gpu-timer.ts';
import { measureHostTime } from './host-time.ts';
import { measureKernels } from './kernels.ts';
import { measureModel } from './model.ts';
import { ModelFiles } from './models.ts';
import { parseOptions, usage } from './options.ts';
import { environment, save, table } from './report.ts';
import { measureSizes } from './sizes.ts';

async function measure(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const { device, rounds, filter } = options;
  const open = () => openDawn(options.adapter ? { adapter: options.adapter } : {});
  const context = await requestGpu(await open(), { plain: device === 'f32' });
  const { info, features } = context;
  const adapter = info.description || info.device;
  const results: Record<string, unknown> = { ...(await environment(adapter)), features };
  const wanted = (section: (typeof options.only)[number]): boolean => options.only.includes(section);

  let ceilings: Ceilings | undefined;
  if (wanted('kernels')) {
    const rates = await measureKernels(context, { filter, rounds });
    ceilings = rates.ceilings;
    console.log(`${adapter}: ${described(ceilings)}; ${rates.clock}\n`);
    console.log(table(rates.kernels));
    Object.assign(results, rates);
  }

  if (wanted('models')) {
    if (!ceilings) {
      const timer = new GpuTimer(context);
      ceilings = await measureCeilings(context, timer, options.repeat);
      console.log(`${adapter}: ${described(ceilings)}; ${timer.clock}\n`);
      Object.assign(results, { clock: timer.clock, ceilings });
    }
    const files = new ModelFiles();
    const models = [];
    try {
      for (const model of options.model) {
        const rates = await measureModel(await files.file(model), {
          gpu: await open(), // Of its own: a device that has compiled nothing yet.
          device,
          tuning: options.tuning,
          lengths: options.lengths,
          decode: options.decode,
          rounds: options.repeat,
          ceilings,
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
  context.device.destroy();

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
  if (options.save) await save(options.adapter ?? adapter, results);
}

function described({ gigabytesPerSecond, gigaflops, halfGigaflops, matrixGigaflops }: Ceilings): string {
  const rate = (gigaflops: number | undefined, of: string) => (gigaflops ? `, ${gigaflops.toFixed(0)} ${of}` : '');
  return `copy ${gigabytesPerSecond.toFixed(1)} GB/s, multiply-add ${gigaflops.toFixed(0)} GFLOP/s${rate(
    halfGigaflops,
    'in f16',
  )}${rate(matrixGigaflops, 'of matrix products')}`;
}

await endingWith(measure, usage);
