/** `npm test`: dependencies first, then everything else (run-tests.ts) on the workspace's Node. */
import { join } from 'node:path';
import { bootstrap, node, root, run } from './bootstrap.mjs';

bootstrap();
process.exitCode = await run(node, [join(root, 'scripts', 'run-tests.ts'), ...process.argv.slice(2)]);
