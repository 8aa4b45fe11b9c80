import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ByteFolder, type ByteSource, canonicalSource } from '@tama/core';
import { nodeModelStore, nodePath } from '@tama/core/node';
import { hubFromEnvironment } from './hub-options.ts';

// The same for src and for dist: both are four folders below the repository.
const demoModel = fileURLToPath(new URL('../../../../models/demo/tama-demo-Q8_0.gguf', import.meta.url));

/**
 * What MODEL on a command line leads to: `demo`, a path, a stored model by name, an http(s) URL or a reference such as
 * `hf:OWNER/REPO`. What a URL or a reference leads to is taken from the store if it is there whole. A file named demo is
 * `./demo`.
 */
export async function openModel(model: string, signal?: AbortSignal): Promise<ByteSource | ByteFolder> {
  if (model === 'demo') return nodePath(demoModel);
  const remote = /^(https?|hf):/i.test(model);
  if (!remote && existsSync(model)) return nodePath(model);
  const store = nodeModelStore();
  const stored = await store.find(remote ? canonicalSource(model) : model);
  if (stored && (stored.complete || !remote)) return store.open(stored.source);
  if (!remote) return nodePath(model);
  const { openSource } = await import('@tama/core');
  return openSource(model, signal, hubFromEnvironment(process.env));
}
