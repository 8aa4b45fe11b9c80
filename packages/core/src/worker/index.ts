export { EngineClient } from './client.ts';
export { WorkerFailedError } from './errors.ts';
export { serveEngine } from './host.ts';
export type { WorkerModelSource } from './protocol.ts';
