import { assumedQueryScalar, type Gemma2Config } from './config.ts';

type Size = Pick<Gemma2Config, 'layers' | 'hiddenSize' | 'heads' | 'kvHeads' | 'headDim' | 'intermediateSize'>;

/** The rest of a configuration is the same for all of Google's models, and what other shapes usually take over. */
export function configOf(size: Size, changed: Partial<Gemma2Config> = {}): Gemma2Config {
  return {
    vocabularySize: 256_000,
    contextLength: 8192,
    slidingWindow: 4096,
    attentionSoftcap: 50,
    finalSoftcap: 30,
    queryScale: assumedQueryScalar({ ...size, ...changed }) ** -0.5,
    ropeTheta: 10_000,
    rmsEpsilon: 1e-6,
    ...size,
    ...changed,
  };
}

/** The models that Google published. */
export const publishedSizes = {
  '2b': configOf({ layers: 26, hiddenSize: 2304, heads: 8, kvHeads: 4, headDim: 256, intermediateSize: 9216 }),
  '9b': configOf({ layers: 42, hiddenSize: 3584, heads: 16, kvHeads: 8, headDim: 256, intermediateSize: 14336 }),
  '27b': configOf({ layers: 46, hiddenSize: 4608, heads: 32, kvHeads: 16, headDim: 128, intermediateSize: 36864 }),
} as const satisfies Record<string, Gemma2Config>;
