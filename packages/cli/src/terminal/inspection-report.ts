import type { Locale } from '@tama/errors';
import type { Inspection } from '../inspection.ts';
import type { Texts } from '../locale.ts';
import { byteSize } from './byte-size.ts';

/** An inspection for people: one fact a line. `context` is how many tokens the KV cache is to hold. */
export function inspectionReport(inspection: Inspection, context: number | undefined, locale: Locale): string {
  const { name, format, config, tensors, tokenizer, contextLength, cacheBytesPerToken, memory, verified, warnings } =
    inspection;
  const { layers, hiddenSize, heads, kvHeads, headDim, intermediateSize, vocabularySize, slidingWindow } = config;
  const cached = context ?? contextLength;
  const lines: readonly Texts[] = [
    { en: `Name: ${name}`, ja: `名前: ${name}` },
    { en: `Format: ${format}`, ja: `形式: ${format}` },
    {
      en: `Weights: ${count(inspection.parameters)} parameters in ${tensors.count} tensors, ${byteSize(inspection.bytes)}`,
      ja: `重み: パラメーター${count(inspection.parameters)}個、テンソル${tensors.count}個、${byteSize(inspection.bytes)}`,
    },
    ...Object.entries(tensors.byEncoding).map(([encoding, share]) => ({
      en: `  ${encoding}: ${share.tensors} tensors, ${byteSize(share.bytes)}`,
      ja: `  ${encoding}: テンソル${share.tensors}個、${byteSize(share.bytes)}`,
    })),
    {
      en: `Layers: ${layers}, width ${hiddenSize}, ${heads} query and ${kvHeads} key/value heads of ${headDim}, feed-forward ${intermediateSize}`,
      ja: `層: ${layers}、幅${hiddenSize}、クエリーヘッド${heads}、キー・バリューヘッド${kvHeads}（各${headDim}）、フィードフォワード${intermediateSize}`,
    },
    {
      en: `Attention: window of ${slidingWindow} in every other layer, query scale ${config.queryScale}, soft-caps ${config.attentionSoftcap} and ${config.finalSoftcap} (final)`,
      ja: `アテンション: 1層おきに幅${slidingWindow}のウィンドウ、クエリーの倍率${config.queryScale}、ソフトキャップ${config.attentionSoftcap}と${config.finalSoftcap}（最終）`,
    },
    {
      en: `Context: ${contextLength} tokens`,
      ja: `コンテキスト: ${contextLength}トークン`,
    },
    {
      en: `KV cache: ${count(cacheBytesPerToken.f16)} bytes a token in f16, at most ${byteSize(cacheBytesPerToken.f16 * cached)} for ${cached}; twice that in f32`,
      ja: `KVキャッシュ: f16で1トークン${count(cacheBytesPerToken.f16)}バイト、${cached}トークンで最大${byteSize(cacheBytesPerToken.f16 * cached)}。f32ではその2倍`,
    },
    {
      en: `Graphics memory: ${byteSize(memory.totalBytes)} for ${memory.context} tokens (weights ${byteSize(memory.weightBytes)}, KV cache in f16 ${byteSize(memory.cacheBytes)}, work ${byteSize(memory.workBytes)}); largest buffer ${byteSize(memory.largestBuffer.bytes)}`,
      ja: `グラフィックメモリー: ${memory.context}トークンで${byteSize(memory.totalBytes)}（重み${byteSize(memory.weightBytes)}、f16のKVキャッシュ${byteSize(memory.cacheBytes)}、作業領域${byteSize(memory.workBytes)}）、最大のバッファー${byteSize(memory.largestBuffer.bytes)}`,
    },
    tokenizer
      ? {
          en: `Tokenizer: ${tokenizer.pieces} pieces; ${specialIds(tokenizer.special)}`,
          ja: `トークナイザー: ${tokenizer.pieces}ピース、${specialIds(tokenizer.special)}`,
        }
      : {
          en: `Tokenizer: none beside the weights; the vocabulary has ${vocabularySize} entries`,
          ja: `トークナイザー: なし（語彙の大きさは${vocabularySize}）`,
        },
    ...(verified
      ? [
          {
            en: `Verified: all ${verified.tensors} tensors, ${byteSize(verified.bytes)}, are complete and finite`,
            ja: `検証済み: 全${verified.tensors}テンソル（${byteSize(verified.bytes)}）は欠けがなく、すべて有限の数です`,
          },
        ]
      : []),
    ...warnings.map(({ en, ja }) => ({ en: `Warning: ${en}`, ja: `注意: ${ja}` })),
  ];
  return lines.map((line) => `${line[locale]}\n`).join('');
}

const specialIds = (special: object): string =>
  Object.entries(special)
    .map(([name, id]) => `${name} ${id}`)
    .join(', ');

const count = (value: number): string => value.toLocaleString('en');
