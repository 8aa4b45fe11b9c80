export { nodeModelStore } from './storage/model-store/node-model-store.ts';
export { writeNodeFile } from './storage/node-file-sink.ts';
export { nodeFileSource, nodeFolder, nodePath } from './storage/node-file-source.ts';
export { nodeTuningStore } from './tuning/node-tuning-store.ts';
