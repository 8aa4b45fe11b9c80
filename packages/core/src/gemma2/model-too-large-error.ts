import { TamaError } from '@tama/errors';
import type { Proposal } from './model-fit.ts';
import type { MemoryPlan } from './plan.ts';

type Room = {
  readonly budget: number | undefined;
  readonly bufferLimit: number;
  readonly proposal: Proposal | undefined;
};

/** A model does not fit: found by calculation, before anything was allocated. */
export class ModelTooLargeError extends TamaError {
  constructor(model: string, plan: MemoryPlan, { budget, bufferLimit, proposal }: Room) {
    const { context, weightBytes, cacheBytes, workBytes, totalBytes, largestBuffer } = plan;
    const isBudget = budget !== undefined && totalBytes > budget;
    const parts = {
      en: `weights ${gibibytes(weightBytes)}, KV cache ${gibibytes(cacheBytes)}, work ${gibibytes(workBytes)}`,
      ja: `重み ${gibibytes(weightBytes)}、KVキャッシュ ${gibibytes(cacheBytes)}、作業領域 ${gibibytes(workBytes)}`,
    };
    super(
      'model-too-large',
      {
        en: {
          what: isBudget
            ? `'${model}' with a context of ${context} tokens needs ${gibibytes(totalBytes)} of graphics memory (${parts.en}); ${gibibytes(budget)} may be used.`
            : `'${model}' with a context of ${context} tokens needs a buffer of ${largestBuffer.bytes} bytes (${largestBuffer.label}); the graphics adapter allows ${bufferLimit}.`,
          remedy: remedyEn(proposal, context),
        },
        ja: {
          what: isBudget
            ? `「${model}」をコンテキスト${context}トークンで動かすには、グラフィックメモリーが${gibibytes(totalBytes)}必要です（${parts.ja}）。使えるのは${gibibytes(budget)}です。`
            : `「${model}」をコンテキスト${context}トークンで動かすには、${largestBuffer.bytes}バイトのバッファー（${largestBuffer.label}）が必要ですが、このグラフィックアダプターの上限は${bufferLimit}バイトです。`,
          remedy: remedyJa(proposal, context),
        },
      },
      {
        model,
        context,
        weightBytes,
        cacheBytes,
        workBytes,
        totalBytes,
        budget,
        largestBufferBytes: largestBuffer.bytes,
        bufferLimit,
        proposedContext: proposal?.context,
        proposedWeights: proposal?.weights,
        proposedType: proposal?.type,
        proposedBytes: proposal?.totalBytes,
      },
    );
  }
}

function remedyEn(proposal: Proposal | undefined, context: number): string {
  if (!proposal) return 'Choose a smaller model, or a graphics adapter with more memory.';
  const memory = gibibytes(proposal.totalBytes);
  const { type, weights } = proposal;
  if (!type && !weights) return `A context of ${proposal.context} tokens fits (${memory}).`;
  const shorter = proposal.context < context ? ` with a context of ${proposal.context} tokens` : '';
  if (weights) return `Quantised to ${weights} while loading${shorter}, it fits (${memory}).`;
  return `Its ${type!.toUpperCase()} version${shorter} fits (${memory}).`;
}

function remedyJa(proposal: Proposal | undefined, context: number): string {
  if (!proposal) return 'より小さいモデルか、メモリーの多いグラフィックアダプターを選んでください。';
  const memory = gibibytes(proposal.totalBytes);
  const { type, weights } = proposal;
  if (!type && !weights) return `コンテキストを${proposal.context}トークンにすれば収まります（${memory}）。`;
  if (weights) {
    const shorter = proposal.context < context ? `し、コンテキストを${proposal.context}トークンにすれば` : 'すれば';
    return `読み込みながら${weights}に量子化${shorter}収まります（${memory}）。`;
  }
  const shorter = proposal.context < context ? `を、コンテキスト${proposal.context}トークンで使えば` : 'なら';
  return `${type!.toUpperCase()}版${shorter}収まります（${memory}）。`;
}

const gibibytes = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
