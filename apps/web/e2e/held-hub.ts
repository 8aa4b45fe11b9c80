import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { serveHub } from '../../../packages/core/src/testing/fake-hub.ts';
import { parseRange } from '../../../packages/core/src/testing/model-server.ts';

export const demoFile = path.join(import.meta.dirname, '../../../models/demo/tama-demo-Q8_0.gguf');
export const demoBytes = readFileSync(demoFile);
export const repository = 'someone/tama-demo';
export const reference = `hf:${repository}/tama-demo-Q8_0.gguf`;
const PIECE = 2 ** 21;

/** A hub with the demo model, which sends what lies beyond the first two pieces of a file only when it is told to. */
export async function serveHeldHub() {
  let holding = false;
  let token: string | undefined;
  const held: (() => void)[] = [];
  const intercept = (_: string, request: Parameters<typeof parseRange>[0], response: ServerResponse) => {
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
      return true;
    }
    const range = parseRange(request);
    if (!holding || !range || range.first < 2 * PIECE) return false;
    held.push(() => {
      const part = demoBytes.subarray(range.first, range.last + 1);
      response.writeHead(206, {
        'content-range': `bytes ${range.first}-${range.first + part.length - 1}/${demoBytes.length}`,
      });
      response.end(part);
    });
    return true;
  };
  const hub = await serveHub(repository, { 'tama-demo-Q8_0.gguf': demoBytes }, { intercept, cors: true });
  return Object.assign(hub, {
    hold() {
      holding = true;
    },
    release() {
      holding = false;
      for (const answer of held.splice(0)) answer();
    },
    /** Files are for those who have this token. */
    demandToken(wanted: string | undefined) {
      token = wanted;
    },
  });
}
