export type { SamplingOptions, TokenLogprobs } from '@tama/kernels-wgsl';
export type { ChatMessage } from '@tama/tokenizer';
export { checkAdapter } from './adapter.ts';
export { type ChatOptions, ChatSession } from './chat/chat-session.ts';
export { type ChatPrompt, type FittedPrompt, fitToContext } from './chat/fit-to-context.ts';
export type { Checkpoint, CheckpointTensor } from './checkpoint/checkpoint.ts';
export { NotFiniteWeightsError } from './checkpoint/checkpoint-errors.ts';
export { findModels } from './checkpoint/find-models.ts';
export { readGgufTokenizer } from './checkpoint/gguf/gguf-tokenizer.ts';
export { isModelPart } from './checkpoint/model-part.ts';
export { openCheckpoint } from './checkpoint/open-checkpoint.ts';
export { PartOfModelError } from './checkpoint/recognition-errors.ts';
export { type Verified, type VerifyOptions, verifyCheckpoint } from './checkpoint/verify.ts';
export { AlreadyQuantisedError, WeightRangeError } from './convert/convert-errors.ts';
export type { LoadedWeights } from './convert/quantised-tensors.ts';
export { type FloatType, type WeightType, weightTypes } from './convert/weight-types.ts';
export { type ConvertOptions, writeGguf } from './convert/write-gguf.ts';
export { type FolderWriter, type HuggingFaceOptions, writeHuggingFace } from './convert/write-hugging-face.ts';
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
export type { Gemma2Config, Warning } from './gemma2/config.ts';
export { ModelTooLargeError } from './gemma2/model-too-large-error.ts';
export { type MemoryPlan, type PlanOptions, planModel } from './gemma2/plan.ts';
export type { BufferLimits } from './gemma2/planned-weights.ts';
export { configOf, publishedSizes } from './gemma2/published-sizes.ts';
export { loadGemma } from './load-gemma.ts';
export { type ModelPreview, type PreviewOptions, previewModel } from './preview-model.ts';
export { blobSource, directoryFolder, filesFolder } from './storage/blob-source.ts';
export type { ByteSink } from './storage/byte-sink.ts';
export type { ByteFolder, ByteSource } from './storage/byte-source.ts';
export { httpFolder, httpSource } from './storage/http-source.ts';
export type { HubOptions } from './storage/hub-api.ts';
export { memoryFolder, memorySource } from './storage/memory-source.ts';
export { browserModelStore } from './storage/model-store/browser-model-store.ts';
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
export { type PickedFolder, pickedFolder } from './storage/picked-folder.ts';
export { FileUnreadableError } from './storage/storage-errors.ts';
export { type SyntheticOptions, syntheticCheckpoint } from './synth/synthetic-checkpoint.ts';
export { smallestVocabulary, syntheticVocabulary } from './synth/synthetic-vocabulary.ts';
export type { TuningMode } from './tuning/decide.ts';
export type { Tuned, TunedChunk } from './tuning/tune-chunk.ts';
export type { TunedKernel } from './tuning/tune-kernels.ts';
export type { TuningStore } from './tuning/tuning-store.ts';
