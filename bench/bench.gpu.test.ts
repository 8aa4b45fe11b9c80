import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a benchmark in a process of its own, as people do, and reads the line of JSON that it ends with. */
async function run(...args: string[]) {
  const adapter = process.env.TAMA_TEST_ADAPTER;
  const command = ['--conditions=@tama/source', 'bench/run.ts', ...(adapter ? ['--adapter', adapter] : []), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

const positive = expect.toSatisfy((value: unknown) => typeof value === 'number' && value > 0);

it('measures kernels beside the ceilings of the adapter', async () => {
  const line = await run('--only', 'kernels', '--filter', 'sample', '--filter', 'Gemma 2, ', '--rounds', '1');
  expect(line).toMatchObject({ commit: expect.any(String), adapter: expect.any(String), command: expect.any(String) });
  expect(line.ceilings).toMatchObject({ gigabytesPerSecond: positive, gigaflops: positive });
  expect(line.ceilings.matrixGigaflops !== undefined).toBe(line.features.subgroupMatrix !== undefined);
  expect(line.kernels).not.toHaveLength(0);
  for (const kernel of line.kernels)
    expect(kernel).toMatchObject({ kernel: expect.stringContaining('sample'), ms: positive, 'GB/s': positive });
});

it('measures a model at some lengths, as far as its context has room', async () => {
  const line = await run(
    '--only',
    'models',
    '--model',
    'tiny-q4_0',
    '--lengths',
    '16,100,4096',
    '--decode',
    '8',
    '--repeat',
    '1',
  );
  const [{ facts, lengths }] = line.models;
  const most = line.features.subgroupMatrix ? 'matrix products' : 'multiply-add';
  expect(facts).toMatchObject({
    'load ms': positive,
    'first token ms, cold': positive,
    'dispatches a token': positive,
  });
  expect(facts['first token ms, cold']).toBeGreaterThan(facts['load ms']);
  expect(lengths.map(({ prompt }: { prompt: number }) => prompt)).toEqual([16, 100, 120]);
  const share = expect.stringMatching(/^\d+\.\d %$/);
  for (const length of lengths) {
    expect(length).toMatchObject({ 'prefill tok/s': positive, 'decode tok/s': positive });
    expect(length).toMatchObject({ [`prefill of ${most}`]: share, 'decode of copy': share });
  }
});

it('measures what the host does for a token of the 2B shape', async () => {
  const { host } = await run('--only', 'host');
  expect(host).toMatchObject({ 'wall ms a token': positive, 'CPU ms a token': positive });
  expect(host.dispatches).toBe(215); // Null has the default limits, for which a head of 4 bits is divided.
});

it.each([
  ['--only kernel', '--only takes kernels, models, host, sizes'],
  ['--only kernels --filter zzz', '--filter zzz is part of no kernel'],
  ['--adapter zzz', "no graphics adapter 'zzz'"],
])('refuses %s in one line', async (line, message) => {
  const { code, stderr } = await run(...line.split(' ')).catch((error) => error);
  expect(code).toBe(2);
  const lines = stderr
    .trim()
    .split('\n')
    .filter((one: string) => !one.startsWith('Warning:'));
  expect(lines).toEqual([expect.stringContaining(`bench: `)]);
  expect(lines[0]).toContain(message);
});
