export { pitchOf } from './activation.ts';
export { argmax, noToken } from './argmax/argmax.ts';
export { argmaxPartial, argmaxPartials } from './argmax-partial/argmax-partial.ts';
export {
  attentionDecode,
  attentionDecodeCost,
  decodeSplits,
  partialsLength,
  splitRuns,
} from './attention-decode/attention-decode.ts';
export { attentionMerge, attentionMergeCost } from './attention-merge/attention-merge.ts';
export { attentionPrefill, attentionPrefillReference, chunkSplits } from './attention-prefill/attention-prefill.ts';
export { keyPanel, largestHeadDim, largestSoftcap } from './common/attention.ts';
export type { DeviceOptions, GpuContext } from './device.ts';
export { adapterFeatures, requestAdapter, requestGpu } from './device.ts';
export { embed } from './embed/embed.ts';
export {
  DawnMissingError,
  DeviceLostError,
  GpuMemoryError,
  LimitError,
  NoAdapterError,
  ShaderCompileError,
  ShapeError,
  WebGpuMissingError,
} from './errors.ts';
export { gatedMatvec } from './gated-matvec/gated-matvec.ts';
export { geglu } from './geglu/geglu.ts';
export { GpuMemory } from './gpu-memory.ts';
export type { CompileOptions, Cost, Features, Kernel, KernelSpec, WeightCode } from './kernel.ts';
export { compileKernel, renderKernel } from './kernel.ts';
export { lastRow } from './last-row/last-row.ts';
export type { Logprob, TokenLogprobs } from './logprobs/logprobs.ts';
export { logprobs, logprobsBytes, logprobsReference, readLogprobs } from './logprobs/logprobs.ts';
export { logprobsPartial, logprobsPartials } from './logprobs-partial/logprobs-partial.ts';
export { matmul } from './matmul/matmul.ts';
export { matmulSmall, smallBatch } from './matmul-small/matmul-small.ts';
export { matmulSubgroupMatrix } from './matmul-subgroup-matrix/matmul-subgroup-matrix.ts';
export { matmulTiled } from './matmul-tiled/matmul-tiled.ts';
export { matvec } from './matvec/matvec.ts';
export { normedGatedMatvec } from './normed-gated-matvec/normed-gated-matvec.ts';
export { normedMatvec } from './normed-matvec/normed-matvec.ts';
export type { MatrixPlan, PackedMatrix, PackedMatrixOptions, PackedMatrixWriter, PackedPart } from './packed-matrix.ts';
export { createPackedMatrix, planPackedMatrix } from './packed-matrix.ts';
export type { BufferSlice } from './recorder.ts';
export { Recorder, Recording } from './recorder.ts';
export { residualNorms } from './residual-norms/residual-norms.ts';
export { rmsnorm } from './rmsnorm/rmsnorm.ts';
export { ropeCache, ropeCacheReference } from './rope-cache/rope-cache.ts';
export { rotationTable } from './rope-cache/rotation-table.ts';
export type { SampleBuffers, SampleKernels } from './sampling/record-sample.ts';
export { compileSample, recordSample, sampleStateBytes } from './sampling/record-sample.ts';
export type { SamplingOptions } from './sampling/sampling.ts';
export { samplingBytes, samplingWords, seenWords } from './sampling/sampling.ts';
export { SamplingError } from './sampling/sampling-error.ts';
export { softcap } from './softcap/softcap.ts';
export { stackedMatvec } from './stacked-matvec/stacked-matvec.ts';
export type { SubgroupMatrix } from './subgroup-matrix.ts';
export { halfToNumber } from './weights/half.ts';
export type { WeightEncoding, WeightFormat } from './weights/weight-format.ts';
export { fileRowBytes, PANEL } from './weights/weight-format.ts';
export { weightFormats } from './weights/weight-formats.ts';
