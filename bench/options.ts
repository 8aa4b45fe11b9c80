import { oneOf, parseWords, wholeNumber, wholeNumbers } from './usage.ts';

export const usage = `Usage: pnpm bench [--only kernels|models|host|sizes]… [--adapter NAME] [--device auto|f32] [--save]
  kernels: [--filter TEXT]… [--rounds N]     part of a kernel's, shape's or encoding's name; runs of each
  models:  [--model FILE|SHAPE-TYPE[-LAYERS]]… [--lengths N,N…] [--decode N] [--repeat N] [--tuning off|auto|now]
`;

const sections = ['kernels', 'models', 'host', 'sizes'] as const;

/** What is to be measured, of the words of a command line. @throws {UsageError} */
export function parseOptions(args: readonly string[]) {
  const values = parseWords(args, {
    only: { type: 'string', multiple: true, default: [...sections] },
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
  });
  return {
    only: values.only.map((section) => oneOf('--only', section, sections)),
    adapter: values.adapter,
    device: oneOf('--device', values.device, ['auto', 'f32']),
    filter: values.filter,
    rounds: wholeNumber('--rounds', values.rounds, 1),
    model: values.model,
    lengths: wholeNumbers('--lengths', values.lengths, 1),
    // The first token is the prefill's.
    decode: wholeNumber('--decode', values.decode, 2),
    repeat: wholeNumber('--repeat', values.repeat, 1),
    tuning: oneOf('--tuning', values.tuning, ['off', 'auto', 'now']),
    save: values.save,
  };
}
