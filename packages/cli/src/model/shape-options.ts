import { number, type ValueOption } from '../command-line/option.ts';

const size = (max: number, en: string, ja: string): ValueOption<number> =>
  number('N', { min: 1, max, integer: true }, { en, ja });

/** The numbers of a shape. Without `--sliding-window` and `--context-length` a shape has those of Google's models. */
export const shapeOptions = {
  layers: size(128, 'layers', '層の数'),
  hiddenSize: size(2 ** 15, 'width of the residual stream, a multiple of 32', '残差ストリームの幅（32の倍数）'),
  heads: size(
    128,
    'query heads, a multiple of the key/value heads',
    'クエリーヘッド数（キー・バリューヘッド数の倍数）',
  ),
  kvHeads: size(128, 'key/value heads', 'キー・バリューヘッド数'),
  headDim: size(512, 'width of a head, a multiple of 4', 'ヘッドの幅（4の倍数）'),
  intermediateSize: size(
    2 ** 18,
    'width of the feed-forward layer, a multiple of 32',
    'フィードフォワード層の幅（32の倍数）',
  ),
  vocabularySize: size(2 ** 20, 'rows of the embedding (default 256000)', '語彙の大きさ（既定は 256000）'),
  slidingWindow: size(
    2 ** 20,
    'keys that a local layer sees (default 4096)',
    'ローカル層のウィンドウ幅（既定は 4096）',
  ),
  contextLength: size(2 ** 20, 'longest sequence (default 8192)', 'コンテキストの長さ（既定は 8192）'),
} as const;
