/**
 * A folder over HTTP: @tama/static-site behind a socket. Runs on the workspace's Node 24, as it imports TypeScript.
 *
 *   node scripts/serve-static.mjs FOLDER [--port 3000] [--host 127.0.0.1]
 */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { staticSite } from '../packages/static-site/src/index.ts';

const portsToTry = 50;
const leftEarly = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE']);

/**
 * Serves a folder, by default on the loopback interface only. Port 0 lets the system choose; where another port is
 * taken, the next free one is used.
 *
 * @param {string} root
 * @param {{ port?: number, host?: string }} [options]
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>}
 */
export async function serveStatic(root, { port = 0, host = '127.0.0.1' } = {}) {
  const site = staticSite(root);
  const server = createServer((request, response) => {
    answer(site, request, response).catch((error) => {
      // A reader who leaves in the middle of a file is no error of ours.
      if (!leftEarly.has(error?.code)) console.error(error);
      response.headersSent ? response.destroy() : response.writeHead(500).end();
    });
  });
  const actual = await listen(server, port, host);
  return {
    url: `http://${host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${actual}/`,
    port: actual,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * @param {import('../packages/static-site/src/index.ts').StaticSite} site
 * @param {import('node:http').IncomingMessage} incoming
 * @param {import('node:http').ServerResponse} outgoing
 */
async function answer(site, incoming, outgoing) {
  const request = toRequest(incoming);
  if (!request) return void outgoing.writeHead(400).end();
  const { status, headers: answered, body } = await site(request);
  outgoing.writeHead(status, Object.fromEntries(answered));
  if (body) await pipeline(Readable.fromWeb(/** @type {import('node:stream/web').ReadableStream} */ (body)), outgoing);
  else outgoing.end();
}

/** @param {import('node:http').IncomingMessage} incoming */
function toRequest({ url = '/', method = 'GET', headers }) {
  const single = Object.entries(headers).filter(
    /** @returns {entry is [string, string]} */ (entry) => typeof entry[1] === 'string',
  );
  try {
    // The path is appended, not resolved: `//host/` would otherwise name another host.
    return new Request(`http://localhost${url}`, { method, headers: single });
  } catch {
    return undefined; // a method or an address that no fetch could have asked for
  }
}

/**
 * @param {import('node:http').Server} server
 * @param {number} port
 * @param {string} host
 * @returns {Promise<number>} the port that was free
 */
async function listen(server, port, host, tries = portsToTry) {
  try {
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve(server.off('error', reject)));
    });
  } catch (error) {
    const isTaken = /** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE';
    if (!isTaken || tries === 1 || port === 65535) throw error;
    return listen(server, port + 1, host, tries - 1);
  }
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: '3000' }, host: { type: 'string', default: '127.0.0.1' } },
  });
  const [root] = positionals;
  if (!root) {
    console.error('Usage: node scripts/serve-static.mjs FOLDER [--port 3000] [--host 127.0.0.1]');
    process.exit(2);
  }
  const { url } = await serveStatic(root, { port: Number(values.port), host: values.host });
  console.log(`
Tama is ready · 準備ができました

  ${url}

Open this address in a browser with WebGPU; Ctrl+C stops the server.
WebGPU対応のブラウザーでこのアドレスを開いてください。終了はCtrl+Cです。`);
  if (!['127.0.0.1', 'localhost', '::1'].includes(values.host)) {
    console.log(`
From other machines the page has no WebGPU unless it comes over https: browsers give it to secure origins only.
ほかの機器からhttpsなしで開くと、ブラウザーの制限によりWebGPUを使えません。`);
  }
}
