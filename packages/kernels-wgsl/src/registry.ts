import { argmax } from './argmax/argmax.ts';
import { argmaxPartial } from './argmax-partial/argmax-partial.ts';
import { attentionDecode } from './attention-decode/attention-decode.ts';
import { attentionMerge } from './attention-merge/attention-merge.ts';
import { attentionPrefill } from './attention-prefill/attention-prefill.ts';
import { embed } from './embed/embed.ts';
import { gatedMatvec } from './gated-matvec/gated-matvec.ts';
import { geglu } from './geglu/geglu.ts';
import { lastRow } from './last-row/last-row.ts';
import { logprobs } from './logprobs/logprobs.ts';
import { logprobsPartial } from './logprobs-partial/logprobs-partial.ts';
import { matmul } from './matmul/matmul.ts';
import { matmulSmall } from './matmul-small/matmul-small.ts';
import { matmulSubgroupMatrix } from './matmul-subgroup-matrix/matmul-subgroup-matrix.ts';
import { matmulTiled } from './matmul-tiled/matmul-tiled.ts';
import { matvec } from './matvec/matvec.ts';
import { normedGatedMatvec } from './normed-gated-matvec/normed-gated-matvec.ts';
import { normedMatvec } from './normed-matvec/normed-matvec.ts';
import { residualNorms } from './residual-norms/residual-norms.ts';
import { rmsnorm } from './rmsnorm/rmsnorm.ts';
import { ropeCache } from './rope-cache/rope-cache.ts';
import { sample } from './sample/sample.ts';
import { sampleAdjust } from './sample-adjust/sample-adjust.ts';
import { sampleGather } from './sample-gather/sample-gather.ts';
import { sampleHistogram } from './sample-histogram/sample-histogram.ts';
import { softcap } from './softcap/softcap.ts';
import { stackedMatvec } from './stacked-matvec/stacked-matvec.ts';

/** Every kernel, as data: what must hold for all of them is a loop over it. A key is its kernel's folder and label. */
export const kernels = {
  argmax,
  'argmax-partial': argmaxPartial,
  'attention-decode': attentionDecode,
  'attention-merge': attentionMerge,
  'attention-prefill': attentionPrefill,
  embed,
  'gated-matvec': gatedMatvec,
  geglu,
  'last-row': lastRow,
  logprobs,
  'logprobs-partial': logprobsPartial,
  matmul,
  'matmul-small': matmulSmall,
  'matmul-subgroup-matrix': matmulSubgroupMatrix,
  'matmul-tiled': matmulTiled,
  matvec,
  'normed-gated-matvec': normedGatedMatvec,
  'normed-matvec': normedMatvec,
  'residual-norms': residualNorms,
  rmsnorm,
  'rope-cache': ropeCache,
  sample,
  'sample-adjust': sampleAdjust,
  'sample-gather': sampleGather,
  'sample-histogram': sampleHistogram,
  softcap,
  'stacked-matvec': stackedMatvec,
} as const;
