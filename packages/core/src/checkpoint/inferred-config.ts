import {
  assumedQueryScalar,
  checkHeads,
  configFromHuggingFace,
  type Gemma2Config,
  integer,
  type ReadConfig,
} from '../gemma2/config.ts';
import type { ByteFolder } from '../storage/byte-source.ts';
import { readFolderJson } from './json-file.ts';

/** What the shapes of a checkpoint's tensors tell. Some formats do not tell how the widths divide into heads. */
export type KnownShape = Pick<Gemma2Config, 'layers' | 'hiddenSize' | 'intermediateSize' | 'vocabularySize'> & {
  /** N·H and K·H. */
  readonly queryWidth: number;
  readonly keyValueWidth: number;
  readonly headDim?: number;
};

/** The published sizes: 2B, 9B, 27B. */
const published = [
  { hiddenSize: 2304, intermediateSize: 9216, queryWidth: 2048, keyValueWidth: 1024, headDim: 256 },
  { hiddenSize: 3584, intermediateSize: 14336, queryWidth: 4096, keyValueWidth: 2048, headDim: 256 },
  { hiddenSize: 4608, intermediateSize: 36864, queryWidth: 4096, keyValueWidth: 2048, headDim: 128 },
] as const;

/**
 * The configuration of a checkpoint that has none: that of the published size its shapes belong to. For other shapes
 * what cannot be seen is assumed, with a warning that says so.
 */
export function inferConfig(shape: KnownShape): ReadConfig {
  const known = published.find((size) =>
    (['hiddenSize', 'intermediateSize', 'queryWidth', 'keyValueWidth'] as const).every(
      (key) => size[key] === shape[key],
    ),
  );
  const headDim = known?.headDim ?? shape.headDim ?? likelyHeadDim(shape);
  const { hiddenSize, intermediateSize, vocabularySize } = shape;
  const layers = integer(shape, 'layers', 1024);
  const heads = shape.queryWidth / headDim;
  const kvHeads = shape.keyValueWidth / headDim;
  checkHeads({ heads, kvHeads, headDim }, { headDim: 'head_dim', heads: 'num_attention_heads' });
  const scalar = assumedQueryScalar({ hiddenSize, heads, headDim });
  const config: Gemma2Config = {
    layers,
    hiddenSize,
    heads,
    kvHeads,
    headDim,
    intermediateSize,
    vocabularySize,
    contextLength: 8192,
    slidingWindow: 4096,
    attentionSoftcap: 50,
    finalSoftcap: 30,
    queryScale: scalar ** -0.5,
    ropeTheta: 10_000,
    rmsEpsilon: 1e-6,
  };
  if (known) return { config, warnings: [] };
  const assumed = [
    'a sliding window of 4096',
    'soft-caps of 50 and 30',
    `query_pre_attn_scalar ${scalar}`,
    ...(shape.headDim ? [] : [`heads of ${headDim}`]),
  ];
  const warning = `The checkpoint has no configuration and none of the published sizes; assumed: ${assumed.join(', ')}. Put the model's config.json beside the weights to correct this.`;
  return { config, warnings: [warning] };
}

/** The largest of the usual widths that divides both projections. */
const likelyHeadDim = ({ queryWidth, keyValueWidth }: KnownShape): number =>
  [256, 128, 64, 32, 16, 8, 4, 2].find((width) => queryWidth % width === 0 && keyValueWidth % width === 0) ?? 1;

/** The config.json in Hugging Face's form that someone has put beside the weights, if there is one. */
export async function configBeside(
  folder: ByteFolder | undefined,
  signal?: AbortSignal,
): Promise<ReadConfig | undefined> {
  const json = folder && (await readFolderJson(folder, 'config.json', signal));
  return json && 'model_type' in json ? configFromHuggingFace(json) : undefined;
}
