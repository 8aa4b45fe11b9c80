/// <reference types="node" />

import { nmse } from '@tama/kernels-wgsl/testing';
import { loadGemma } from '../load-gemma.ts';
import { goldenModels, maxDifference } from './goldens.ts';

// A program for any runtime that has WebGPU and reads files as Node does: prints for every golden model and path how far
// its logits are from the golden, a JSON line each.
const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
for (const model of goldenModels) {
  const golden = await model.logits();
  for (const device of ['f32', 'auto'] as const) {
    const engine = await loadGemma(await model.open(), {
      device,
      embeddingScale: 'exact',
      rollback: 0,
      prefillChunk: 32,
    });
    const logits = await engine.logits(model.tokens, model.positions);
    await engine.close();
    const { f16 } = engine.info.adapter;
    const far = { difference: maxDifference(logits, golden), nmse: nmse(flat(logits), flat(golden)) };
    console.log(JSON.stringify({ name: model.name, device, f16, ...far }));
  }
}
