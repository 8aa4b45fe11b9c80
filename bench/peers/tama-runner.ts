import { pathToFileURL } from 'node:url';
import { serve } from './runner.ts';

// ROOT MODEL CONTEXT [ADAPTER]: a checkout of this repository, maybe of another commit, runs a model.
const [root, model, context, adapter] = process.argv.slice(2);
const load = (path: string) => import(new URL(path, pathToFileURL(`${root}/packages/`)).href);
const [{ loadGemma }, { nodePath }, { openDawn }] = await Promise.all([
  load('core/src/index.ts') as Promise<typeof import('@tama/core')>,
  load('core/src/node.ts') as Promise<typeof import('@tama/core/node')>,
  load('kernels-wgsl/src/node.ts') as Promise<typeof import('@tama/kernels-wgsl/node')>,
]);
const engine = await loadGemma(await nodePath(model!), {
  gpu: await openDawn(adapter ? { adapter } : {}),
  context: Number(context),
  tuning: 'off',
});
serve(async ({ tokens, decode }, onToken) => {
  for await (const { type } of engine.generate({ tokens }, { maxTokens: decode, ignoreEos: true })) {
    if (type === 'token') onToken();
  }
});
