/** Puts into public/ what the site serves and the repository holds elsewhere: the demo model, and licences of others. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { collectLicences } from './collect-licences.ts';

const app = path.join(import.meta.dirname, '..');
const models = path.join(app, 'public/models');
const demo = 'tama-demo-Q8_0.gguf';

mkdirSync(models, { recursive: true });
copyFileSync(path.join(app, '../../models/demo', demo), path.join(models, demo));
writeFileSync(path.join(app, 'public/third-party-licences.txt'), collectLicences(app));
