/// <reference types="node" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadGemma } from '../../load-gemma.ts';
import { serveHub } from '../../testing/fake-hub.ts';
import { fixture } from '../../testing/fixtures.ts';
import { folderFiles } from '../../testing/folder-files.ts';
import { goldenModels, maxDifference } from '../../testing/goldens.ts';
import { testGpu } from '../../testing/load.ts';
import { describeModel } from './model-description.ts';
import { nodeModelStore } from './node-model-store.ts';

it('a model that was downloaded computes its golden logits without a network', async () => {
  const golden = goldenModels.find(({ name }) => name === 'tiny/hf')!;
  const folder = await mkdtemp(join(tmpdir(), 'tama stored '));
  try {
    const hub = await serveHub('o/tiny', folderFiles(fixture('tiny/hf')));
    const store = nodeModelStore(folder);
    await store.download(await describeModel('hf:o/tiny', { endpoint: hub.url })).finished;
    await hub.close();
    const gpu = await testGpu();
    const engine = await loadGemma(await store.open('tiny'), { gpu, device: 'f32', embeddingScale: 'exact' });
    const logits = await engine.logits(golden.tokens, golden.positions);
    expect(maxDifference(logits, await golden.logits())).toBeLessThan(2e-3);
    await engine.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
