import {
  assumedQueryScalar,
  checkHeads,
  configFromHuggingFace,
  type Gemma2Config,
  integer,
  type ReadConfig,
} from '../gemma2/config.ts';
import { configOf, publishedSizes } from '../gemma2/published-sizes.ts';
import type { ByteFolder } from '../storage/byte-source.ts';
import { readFolderJson } from './json-file.ts';

/** What the shapes of a checkpoint's tensors tell. Some formats do not tell how the widths divide into heads. */
export type KnownShape = Pick<Gemma2Config, 'layers' | 'hiddenSize' | 'intermediateSize' | 'vocabularySize'> & {
  /** N·H and K·H. */
  readonly queryWidth: number;
  readonly keyValueWidth: number;
  readonly headDim?: number;
};

/**
 * The configuration of a checkpoint that has none. The widths of Google's models tell them apart, and all else in them
 * is known. For other shapes what cannot be seen is assumed, with a warning that says so.
 */
export function inferConfig(shape: KnownShape): ReadConfig {
  const { hiddenSize, intermediateSize, vocabularySize, queryWidth, keyValueWidth } = shape;
  const layers = integer(shape, 'layers', 1024);
  const published = Object.values(publishedSizes).find(
    (size) =>
      size.hiddenSize === hiddenSize &&
      size.intermediateSize === intermediateSize &&
      size.heads * size.headDim === queryWidth &&
      size.kvHeads * size.headDim === keyValueWidth &&
      size.headDim === (shape.headDim ?? size.headDim),
  );
  if (published) return { config: { ...published, layers, vocabularySize }, warnings: [] };
  const headDim = shape.headDim ?? likelyHeadDim(shape);
  const [heads, kvHeads] = [queryWidth / headDim, keyValueWidth / headDim];
  checkHeads({ heads, kvHeads, headDim }, { headDim: 'head_dim', heads: 'num_attention_heads' });
  const config = configOf({ layers, hiddenSize, heads, kvHeads, headDim, intermediateSize }, { vocabularySize });
  const { slidingWindow, attentionSoftcap, finalSoftcap } = config;
  const scalar = assumedQueryScalar(config);
  const width = shape.headDim ? undefined : headDim;
  const warning = {
    en: `The checkpoint has no configuration and none of the published sizes; assumed: a sliding window of ${slidingWindow}, soft-caps of ${attentionSoftcap} and ${finalSoftcap}, query_pre_attn_scalar ${scalar}${width ? `, heads of ${width}` : ''}. Put the model's config.json beside the weights to correct this.`,
    ja: `このチェックポイントには設定がなく、公開されているどのサイズとも一致しないため、スライディングウィンドウ${slidingWindow}、ソフトキャップ${attentionSoftcap}と${finalSoftcap}、query_pre_attn_scalar ${scalar}${width ? `、ヘッドの幅${width}` : ''}と仮定しました。正しい値にするには、モデルのconfig.jsonを重みと同じ場所に置いてください。`,
  };
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
