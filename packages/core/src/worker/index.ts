export { EngineClient } from './client.ts';
export { StoreWorkerFailedError, WorkerBoundaryError, WorkerFailedError } from './errors.ts';
export { serveEngine } from './host.ts';
export type { WorkerModelSource } from './protocol.ts';
export { ModelStoreClient, type RemoteDownload } from './store/client.ts';
export { serveModelStore } from './store/host.ts';
