import { fileURLToPath } from 'node:url';
import type { ByteFolder, ByteSource } from '@tama/core';
import { nodePath } from '@tama/core/node';
import { BadUrlError } from '../errors.ts';
import { hubFromEnvironment } from './hub-options.ts';

// The same for src and for dist: both are four folders below the repository.
const demoModel = fileURLToPath(new URL('../../../../models/demo/tama-demo-Q8_0.gguf', import.meta.url));

/**
 * What MODEL on a command line leads to: `demo`, an http(s) URL, a reference such as `hf:OWNER/REPO`, or a path. A file
 * named demo is `./demo`.
 */
export async function openModel(model: string, signal?: AbortSignal): Promise<ByteSource | ByteFolder> {
  if (model === 'demo') return nodePath(demoModel);
  if (!/^(https?|hf):/i.test(model)) return nodePath(model);
  if (!URL.canParse(model)) throw new BadUrlError(model);
  const { openSource } = await import('@tama/core');
  return openSource(model, signal, hubFromEnvironment(process.env));
}
