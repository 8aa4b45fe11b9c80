import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repositoryPath } from './testing/goldens.ts';

it.each(['README.md', 'README.ja.md'])("runs %s's example as it stands there", async (readme) => {
  const model = await readFile(repositoryPath('models/demo/tama-demo-Q8_0.gguf'));
  const server = createServer((request, response) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const body = model.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, {
      'content-range': `bytes ${first}-${last}/${model.length}`,
      'content-length': body.length,
    });
    response.end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const example = /```ts\n([\s\S]+?)```/.exec(await readFile(repositoryPath(readme), 'utf8'))![1]!;
  expect(example.split('\n').filter((line) => line.trim()).length).toBeLessThanOrEqual(10);

  // Inside the package, so that '@tama/core' is found; a browser's navigator.gpu is played by Dawn.
  const folder = await mkdtemp(repositoryPath('packages/core/.readme-'));
  const setup = `import { openDawn } from '@tama/kernels-wgsl/node';
    navigator.gpu = await openDawn(${JSON.stringify({ adapter: process.env.TAMA_TEST_ADAPTER })});`;
  await writeFile(join(folder, 'setup.mjs'), setup);
  await writeFile(
    join(folder, 'example.ts'),
    `${example.replace('localhost:3000', `127.0.0.1:${port}`)}\nprocess.exit();`,
  );
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@tama/source', '--import', './setup.mjs', 'example.ts'],
      { cwd: folder },
    );
    expect(stdout.replaceAll('\n', '')).toBe('私は緑茶が好きです。');
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});
