/**
 * Tama beside others on the same adapter, in turns: our kernels beside those of ONNX Runtime's WebGPU provider, our
 * decoding beside llama.cpp's and an earlier commit's. Tables for people, then one line of JSON.
 *
 * ONNX Runtime takes the system's default adapter; it runs without bounds checks, which a browser does not allow.
 */
import { requestGpu } from '@tama/kernels-wgsl';
import { openDawn } from '@tama/kernels-wgsl/node';
import * as ort from 'onnxruntime-node';
import { endingWith } from '../ending-with.ts';
import { ModelFiles } from '../models.ts';
import { environment, type Row, save, table } from '../report.ts';
import { oneOf, parseWords, wholeNumber, wholeNumbers } from '../usage.ts';
import { measureAttention } from './attention.ts';
import { measureDecoders } from './decoders.ts';
import { measureProduct } from './products.ts';

const usage = `Usage: pnpm bench:peers [--only products|attention|decoders]… [--adapter NAME] [--rounds N] [--save]
  decoders: [--model FILE|SHAPE-TYPE[-LAYERS]] [--lengths N,N…] [--decode N] [--repeat N] [--before REF|none]
`;

const sections = ['products', 'attention', 'decoders'] as const;

/** @throws {UsageError} */
function parsedOptions() {
  const values = parseWords(process.argv.slice(2), {
    only: { type: 'string', multiple: true, default: [...sections] },
    adapter: { type: 'string' },
    rounds: { type: 'string', default: '8' },
    model: { type: 'string', default: 'slice-q4_0' },
    lengths: { type: 'string', default: '16,128' },
    decode: { type: 'string', default: '8' },
    repeat: { type: 'string', default: '3' },
    before: { type: 'string', default: 'HEAD^' },
    save: { type: 'boolean', default: false },
  });
  return {
    ...values,
    only: values.only.map((section) => oneOf('--only', section, sections)),
    rounds: wholeNumber('--rounds', values.rounds, 1),
    lengths: wholeNumbers('--lengths', values.lengths, 1),
    decode: wholeNumber('--decode', values.decode, 2),
    repeat: wholeNumber('--repeat', values.repeat, 1),
  };
}

async function inTurn<T>(shapes: readonly T[], measure: (shape: T) => Promise<Row>): Promise<Row[]> {
  const rows = [];
  for (const shape of shapes) {
    rows.push(await measure(shape));
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  console.log(table(rows));
  return rows;
}

async function measure(): Promise<void> {
  const options = parsedOptions();
  const { adapter: adapterName, only, rounds, model, lengths, decode, repeat, before } = options;
  const context = await requestGpu(await openDawn(adapterName ? { adapter: adapterName } : {}));
  const adapter = context.info.description || context.info.device;
  const results: Record<string, unknown> = {
    ...(await environment(adapter)),
    onnxruntime: ort.env.versions.common,
  };

  console.log(`${adapter}; ONNX Runtime ${ort.env.versions.common}\n`);
  if (only.includes('products')) {
    const shapes = [1, 64].flatMap((batch) => [
      { batch, rows: 9216, columns: 2304 },
      { batch, rows: 2304, columns: 9216 },
      { batch, rows: 2304, columns: 2048 },
    ]);
    results.products = await inTurn(shapes, (shape) => measureProduct(context, shape, rounds));
  }
  if (only.includes('attention')) {
    const cases = [
      { rows: 1, past: 511 },
      { rows: 1, past: 4095 },
      { rows: 64, past: 0 },
      { rows: 64, past: 448 },
    ];
    results.attention = await inTurn(cases, (shape) => measureAttention(context, shape, rounds));
  }
  if (only.includes('decoders')) {
    const files = new ModelFiles();
    try {
      const { rows, missing } = await measureDecoders({
        model: await files.file(model),
        lengths,
        decode,
        rounds: repeat,
        adapter: adapterName,
        before: before === 'none' ? undefined : before,
      });
      console.log(table(rows));
      for (const peer of missing) console.log(`not measured: ${peer}\n`);
      Object.assign(results, { model, decoders: rows, missing });
    } finally {
      await files.dispose();
    }
  }
  console.log(JSON.stringify(results));
  if (options.save) await save(`peers ${adapterName ?? adapter}`, results);
}

await endingWith(measure, usage);
