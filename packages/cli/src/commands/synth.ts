import { defineCommand } from '../command.ts';
import { choice, flag, number } from '../command-line/option.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../io.ts';
import { shapeOptions } from '../model/shape-options.ts';
import { writeModel } from '../model/write-model.ts';
import { progressOn } from '../terminal/progress.ts';
import { jsonOption, outputArgument, quantOption, typeOption, written } from './convert.ts';
import { verbose } from './verbose.ts';

const writing = { en: 'Writing random weights', ja: 'ランダムな重みを書いています' };

export const synth = defineCommand({
  name: 'synth',
  summary: {
    en: 'Write a model of random weights, for measuring and testing',
    ja: '計測やテスト用に、ランダムな重みのモデルを書き出します',
  },
  details: {
    en: 'A GGUF file of the real shapes with weights of a plausible scale, the same for the same seed, with a made-up\nvocabulary that has the special pieces of Gemma. What it answers means nothing. The numbers of --shape can be changed\none by one, e.g. --shape 2b --layers 2; --shape custom needs all of them.',
    ja: '実際のモデルと同じ形状で、値の大きさも近いランダムな重みのGGUFファイルです。同じシードなら同じ内容になります。\nGemmaの特殊ピースを含む架空の語彙が付きます。返答に意味はありません。--shape 2b --layers 2 のように数値を個別に\n変えられます。--shape custom ではすべての数値が必要です。',
  },
  arguments: { output: outputArgument },
  options: {
    shape: choice('2b|9b|27b|custom', ['2b', '9b', '27b', 'custom'], {
      en: 'which model to imitate (default 2b)',
      ja: 'まねるモデル（既定は 2b）',
    }),
    type: {
      ...typeOption,
      summary: { en: `${typeOption.summary.en} (default q4_0)`, ja: `${typeOption.summary.ja}（既定は q4_0）` },
    },
    quant: quantOption,
    seed: number('N', { min: 0, max: 2 ** 32 - 1, integer: true }, { en: 'default 0', ja: '既定は 0' }),
    ...shapeOptions,
    withoutTokenizer: flag({ en: 'leave out the vocabulary', ja: '語彙を付けません' }),
    json: jsonOption,
    verbose,
  },
  examples: [
    {
      line: 'tama synth random-2b-Q4_0.gguf --shape 2b --type q4_0',
      explanation: { en: 'As large as Gemma 2 2B', ja: 'Gemma 2 2Bと同じ大きさ' },
    },
    {
      line: 'tama synth slice.gguf --shape 27b --layers 2 --type q4_k_m --seed 7',
      explanation: { en: 'Two layers of the largest', ja: '最大モデルの2層だけ' },
    },
  ],
  async run({ io, locale }, { output }, options) {
    const [{ syntheticCheckpoint, syntheticVocabulary }, { syntheticConfig }] = await Promise.all([
      import('@tama/core'),
      import('../model/synthetic-config.ts'),
    ]);
    const config = syntheticConfig(options.shape ?? '2b', options);
    const vocabulary = options.withoutTokenizer ? undefined : syntheticVocabulary(config.vocabularySize);
    const { seed = 0, verbose = false } = options;
    const checkpoint = syntheticCheckpoint(config, { type: options.type ?? options.quant ?? 'q4_0', seed, vocabulary });
    const progress = progressOn(io, locale, verbose);
    try {
      const bytes = await writeModel(checkpoint, output, 'gguf', {
        signal: io.signal,
        onProgress: (done, total) => progress.report(writing, done, total),
      });
      progress.end();
      await print(io, written(output, bytes, options.json));
      return exitCodes.success;
    } finally {
      progress.end();
    }
  },
});
