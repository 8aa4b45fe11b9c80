/**
 * How fast a model runs here: prefill and decode by length, time to first token, dispatches, GPU bytes.
 *
 *   node --conditions=@tama/source bench/model.ts [--model FILE] [--adapter NAME] [--device auto|f32]
 *     [--tuning off|auto|now] [--save]
 */
import { parseArgs } from 'node:util';
import { type Engine, loadGemma, type TuningMode } from '@tama/core';
import { nodePath, nodeTuningStore } from '@tama/core/node';
import { openDawn } from '@tama/kernels-wgsl/node';
import { environment, save, table } from './report.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'models/demo/tama-demo-Q8_0.gguf' },
    adapter: { type: 'string' },
    device: { type: 'string', default: 'auto' },
    tuning: { type: 'string', default: 'off' },
    save: { type: 'boolean', default: false },
  },
});

const began = performance.now();
const engine = await loadGemma(await nodePath(values.model), {
  gpu: await openDawn(values.adapter ? { adapter: values.adapter } : {}),
  device: values.device === 'f32' ? 'f32' : 'auto',
  tuning: values.tuning as TuningMode,
  tuningStore: nodeTuningStore(),
});
const loadMs = performance.now() - began;
const { info, model } = engine;

type Run = { readonly prefillMs: number; readonly decodeMs: number; readonly decoded: number };

/** One generation of `decode` tokens after a prompt of `prompt` random tokens, nothing of it cached. */
async function run(prompt: number, decode: number, seed: number): Promise<Run> {
  const tokens = Array.from({ length: prompt }, (_, i) => (i === 0 ? seed : (seed * 7919 + i * 104_729) % 1000) + 300);
  for await (const event of (engine as Engine).generate({ tokens }, { maxTokens: decode, ignoreEos: true })) {
    if (event.type === 'finish') {
      const { prefillMs, decodeMs } = event.usage;
      return { prefillMs, decodeMs, decoded: event.ids.length - 1 };
    }
  }
  throw new Error('no finish event');
}

/** The fastest of a few runs: what is left of noise only ever adds. */
async function best(prompt: number, decode: number): Promise<Run> {
  const runs: Run[] = [];
  for (let seed = 1; seed <= 3; seed++) runs.push(await run(prompt, decode, seed));
  const least = (key: keyof Run) => Math.min(...runs.map((result) => result[key]));
  return { prefillMs: least('prefillMs'), decodeMs: least('decodeMs'), decoded: runs[0]!.decoded };
}

await run(8, 8, 9); // Warm: pipelines, caches.
const decodeTokens = 64;
const rows = [];
for (const prompt of [16, 64, 256, 448].filter((length) => length + decodeTokens <= info.contextLength)) {
  const { prefillMs, decodeMs, decoded } = await best(prompt, decodeTokens);
  const tokensPerSecond = (1000 * decoded) / decodeMs;
  rows.push({
    prompt,
    'prefill tok/s': (1000 * prompt) / prefillMs,
    'first token ms': prefillMs,
    'decode tok/s': tokensPerSecond,
    // A step reads every weight once; the cache comes on top.
    'decode GB/s': (tokensPerSecond * info.weightBytes) / 1e9,
  });
}
const facts = {
  model: info.name,
  device: values.device,
  parameters: info.parameters,
  'load ms': loadMs,
  'dispatches a token': model.decodeDispatches.length,
  'weight bytes': info.weightBytes,
  'cache bytes': info.cacheBytes,
  'GPU bytes': model.bytes,
};
console.log(table([facts]));
console.log(table(rows));
if (values.save) await save('model', { ...environment(info.adapter.description), ...facts, runs: rows });
await engine.close();
process.exit();
