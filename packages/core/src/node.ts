export { nodeFileSource, nodeFolder, nodePath } from './storage/node-file-source.ts';
