import { choice, flag, number, type OptionValues, text } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import type { EngineOptions } from '../dependencies.ts';

/** Options of every command that takes a MODEL. */
export const engineOptions = {
  device: choice('auto|f32', ['auto', 'f32'], {
    en: 'f32 forces the plain path: f32 KV cache, no f16, no subgroups (default auto)',
    ja: 'f32 は f16 とサブグループを使わず、KVキャッシュも f32 にします（既定は auto）',
  }),
  adapter: text('NAME', {
    en: 'graphics adapter whose name contains NAME, e.g. llvmpipe, swiftshader',
    ja: '使うグラフィックアダプターの名前の一部（例: nvidia、llvmpipe、swiftshader）',
  }),
  weights: choice('q8|q4', ['q8', 'q4'], {
    en: 'quantise float weights while they are loaded: to 8 bits, or to 4 (6 the embedding)',
    ja: '浮動小数点の重みを読み込みながら量子化します。q8 は8ビット、q4 は4ビット（埋め込みは6ビット）',
  }),
  embeddingScale: choice('KIND', ['bfloat16', 'exact'], {
    en: 'bfloat16 as trained (default), or exact as llama.cpp computes',
    ja: 'bfloat16 は学習時と同じ値、exact は llama.cpp と同じ値です（既定は bfloat16）',
  }),
  context: number(
    'N',
    { min: 2, max: 2 ** 20, integer: true },
    {
      en: 'tokens of prompt and reply together (default: what the model was trained for)',
      ja: '入力と返答を合わせたトークン数の上限（既定はモデルの学習時の長さ）',
    },
  ),
  tuning: choice('auto|off|now', ['auto', 'off', 'now'], {
    en: 'auto measures variants of the kernels once for a graphics card (default); now measures again; off does not',
    ja: 'auto はGPUごとに一度だけカーネルの種類を測定し（既定）、now は測定し直し、off は測定しません',
  }),
  verbose: flag({
    en: 'tell on stderr what happens and how long it takes',
    ja: '処理の経過と所要時間を標準エラー出力に表示します',
  }),
} as const;

export const toEngineOptions = ({
  device,
  adapter,
  weights,
  embeddingScale,
  context,
  tuning,
}: OptionValues<typeof engineOptions>): EngineOptions =>
  defined({ device, adapter, weights, embeddingScale, context, tuning });
