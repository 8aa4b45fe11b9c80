/// <reference types="node" />
import { open } from 'node:fs/promises';
import { openLlamaCpp } from './llama-cpp.ts';

// A process of its own that asks llama.cpp for logits: MODEL OUTPUT TOKENS. It writes them as f32 rows.
const [model, output, tokens] = process.argv.slice(2);
const ids: number[] = JSON.parse(tokens!);
const llama = await openLlamaCpp(model!, Math.max(128, ids.length));
const file = await open(output!, 'w');
await llama.eachLogits(ids, async (logits) => {
  await file.write(logits);
});
await file.close();
await llama.close();
