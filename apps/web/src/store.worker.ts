import { serveModelStore } from '@tama/core/worker';

serveModelStore(self);
