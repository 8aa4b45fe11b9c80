import { fileURLToPath } from 'node:url';
import { randomPrompt } from '../model.ts';
import type { Row } from '../report.ts';
import { type Checkout, checkOut } from './checkout.ts';
import { type Answer, type Runner, startRunner } from './runner.ts';

export type DecoderOptions = {
  readonly model: string;
  readonly lengths: readonly number[];
  /** Tokens that are decoded after each prompt. */
  readonly decode: number;
  readonly rounds: number;
  readonly adapter: string | undefined;
  /** An earlier commit of ours that takes part. */
  readonly before: string | undefined;
};

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The same file and prompts through us, an earlier commit of ours, and llama.cpp, each in its turn in every round. */
export async function measureDecoders(options: DecoderOptions): Promise<{ rows: Row[]; missing: string[] }> {
  const { model, lengths, decode, rounds, adapter, before } = options;
  const context = String(Math.ceil((Math.max(...lengths) + decode) / 256) * 256);
  const tama = (name: string, folder: string) =>
    startRunner(name, new URL('tama-runner.ts', import.meta.url), [
      folder,
      model,
      context,
      ...(adapter ? [adapter] : []),
    ]);
  const llama = (name: string, gpu: string, env = {}) =>
    startRunner(name, new URL('llama-runner.ts', import.meta.url), [model, context, gpu], env);
  let checkout: Checkout | undefined;
  const runners: Runner[] = [];
  const missing: string[] = [];
  const join = async (name: string, start: () => Promise<Runner>) => {
    try {
      runners.push(await start());
    } catch (error) {
      missing.push(`${name}: ${String(error)}`);
    }
  };
  try {
    runners.push(await tama('ours', root));
    if (before) {
      await join(`ours, ${before}`, async () => {
        checkout = await checkOut(before);
        return tama(`ours, ${checkout.commit}`, checkout.folder);
      });
    }
    // It leaves out software adapters unless they are named.
    await join('llama.cpp, Vulkan', () => llama('llama.cpp, Vulkan', 'vulkan', { GGML_VK_VISIBLE_DEVICES: '0' }));
    await join('llama.cpp, CPU', () => llama('llama.cpp, CPU', 'cpu'));

    // Once without the clock: whatever is compiled at first use.
    for (const runner of runners) await runner.generate({ tokens: randomPrompt(Math.max(...lengths), 0), decode: 2 });
    const rows: Row[] = [];
    let prompts = 0;
    for (const prompt of lengths) {
      const answers = new Map(runners.map((runner): [Runner, Answer[]] => [runner, []]));
      for (let round = 0; round < rounds; round++) {
        const tokens = randomPrompt(prompt, ++prompts); // Never one that begins like another: caches would know it.
        for (const runner of runners) {
          answers.get(runner)!.push(await runner.generate({ tokens, decode }));
          process.stderr.write('.');
        }
      }
      for (const [{ name }, times] of answers) {
        const least = (key: keyof Answer) => Math.min(...times.map((time) => time[key]));
        rows.push({
          prompt,
          runner: name,
          'prefill tok/s': (1000 * prompt) / least('prefillMs'),
          'decode tok/s': (1000 * (decode - 1)) / least('decodeMs'),
          'prefill CPU ms': least('prefillCpuMs'),
          'decode CPU ms a token': least('decodeCpuMs') / (decode - 1),
        });
      }
    }
    process.stderr.write('\n');
    return { rows, missing };
  } finally {
    for (const runner of runners) await runner.close();
    await checkout?.dispose();
  }
}
