import { serveEngine } from '@tama/core/worker';

serveEngine(self);
