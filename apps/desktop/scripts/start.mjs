/** `pnpm --filter desktop start`: builds the site and the main process, fetches Electron once, and starts it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bootstrap, node, run, tool } from '../../../scripts/bootstrap.mjs';

bootstrap();
const desktop = dirname(dirname(fileURLToPath(import.meta.url)));
const electron = join(desktop, 'node_modules', 'electron');

const [turbo, args] = tool('turbo', [
  'run',
  'build',
  '--filter=@tama/desktop...',
  '--output-logs=errors-only',
  '--ui=stream',
]);
process.exitCode = (await run(turbo, args)) || (await fetchElectron()) || (await start());

/** Electron's package has no install script: the program itself, about 120 MB, is fetched when it is first wanted. */
async function fetchElectron() {
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH) return 0;
  const code = await run(node, [join(electron, 'install.js')]);
  if (code !== 0) {
    process.stderr.write(`
Electron's program could not be downloaded; the lines above say why. It comes from GitHub's releases. Behind a proxy set
HTTPS_PROXY and ELECTRON_GET_USE_PROXY=1, with a mirror ELECTRON_MIRROR, or name a copy you have in
ELECTRON_OVERRIDE_DIST_PATH. The same app runs in a browser: npm start
Electron本体をダウンロードできませんでした。理由は上の行にあります。プロキシがある場合はHTTPS_PROXYとELECTRON_GET_USE_PROXY=1、
ミラーを使う場合はELECTRON_MIRRORを設定してください。ブラウザーでも同じアプリを使えます: npm start
`);
  }
  return code;
}

async function start() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electron, 'dist');
  const pathFile = join(electron, 'path.txt');
  const program = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron';
  return run(join(folder, program), [desktop, ...(await displayArguments()), ...process.argv.slice(2)]);
}

/** What the app would start itself again with; given at once, it keeps this terminal. */
async function displayArguments() {
  if (process.platform !== 'linux') return [];
  const built = pathToFileURL(join(desktop, 'dist', 'main', 'display-server.js')).href;
  const { chooseDisplay, x11Argument } = await import(built);
  const explicit = process.argv.find((argument) => argument.startsWith('--ozone-platform='))?.split('=')[1] ?? '';
  return chooseDisplay(process.env, explicit).relaunch ? [x11Argument] : [];
}
