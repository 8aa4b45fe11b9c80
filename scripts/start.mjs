/** `npm start`: everything from a fresh clone to the open address of the site. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, node, root, run, tool } from './bootstrap.mjs';

const usage = `Usage: npm start -- [--port NUMBER] [--host ADDRESS]

Builds the site and serves it. Without options: http://localhost:3000, or the next port that is free.
サイトをビルドして公開します。既定は http://localhost:3000 で、使用中なら次の空きポートを使います。
`;

const options = readOptions();
bootstrap();
const [turbo, args] = tool('turbo', [
  'run',
  'build',
  '--filter=@tama/web...',
  '--output-logs=errors-only',
  '--ui=stream',
]);
process.stderr.write('Building the site: a minute or two the first time · サイトをビルドしています(初回は1〜2分)\n');
process.exitCode = (await run(turbo, args, { stdio: ['ignore', 2, 2] })) || (await serve());

function serve() {
  const server = join(root, 'scripts', 'serve-static.mjs');
  return run(node, [server, join(root, 'apps', 'web', 'out'), '--port', options.port, '--host', options.host]);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '3000' },
        host: { type: 'string', default: '127.0.0.1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65535) {
      throw new Error(`--port takes a number from 0 to 65535, not '${values.port}'`);
    }
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
