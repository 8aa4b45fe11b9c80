export type { SamplingOptions } from '@tama/kernels-wgsl';
export type { ChatMessage } from '@tama/tokenizer';
export { checkAdapter } from './adapter.ts';
export { type ChatOptions, ChatSession } from './chat/chat-session.ts';
export type { Checkpoint, CheckpointTensor } from './checkpoint/checkpoint.ts';
export { openCheckpoint } from './checkpoint/open-checkpoint.ts';
export type {
  AdapterSummary,
  Engine,
  FinishReason,
  GenerateEvent,
  GenerateOptions,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  Prompt,
  Usage,
} from './engine.ts';
export {
  EmptyPromptError,
  ModelClosedError,
  NotANumberError,
  OptionError,
  PositionError,
  PromptTooLongError,
  TokenIdError,
  TokenizerMissingError,
} from './errors.ts';
export type { Gemma2Config } from './gemma2/config.ts';
export { loadGemma } from './load-gemma.ts';
export { blobSource, directoryFolder, filesFolder } from './storage/blob-source.ts';
export type { ByteFolder, ByteSource } from './storage/byte-source.ts';
export { httpFolder, httpSource } from './storage/http-source.ts';
export type { HubOptions } from './storage/hub-api.ts';
export { isHubReference } from './storage/hub-reference.ts';
export { memoryFolder, memorySource } from './storage/memory-source.ts';
export type { DownloadPhase, DownloadProgress } from './storage/model-store/download-progress.ts';
export {
  canonicalSource,
  describeModel,
  type ModelDescription,
  type ModelFile,
} from './storage/model-store/model-description.ts';
export type { ModelDownload } from './storage/model-store/model-download.ts';
export type { StoredModel } from './storage/model-store/model-record.ts';
export { type DownloadOptions, ModelStore, type StoreOptions } from './storage/model-store/model-store.ts';
export type { StoreBacking } from './storage/model-store/store-backing.ts';
export { type ModelSource, openSource } from './storage/open-source.ts';
