import type { WeightType } from '@tama/core';
import { defineCommand } from '../command.ts';
import { choice, flag, text } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../io.ts';
import { noteFilesRead } from '../model/files-read.ts';
import { modelArgument } from '../model/model-argument.ts';
import { openModel } from '../model/open-model.ts';
import { replacesModel } from '../model/replaces-model.ts';
import { outputFormat, outputFormats, writeModel } from '../model/write-model.ts';
import { byteSize } from '../terminal/byte-size.ts';
import { progressOn } from '../terminal/progress.ts';
import { ReplacesModelError } from '../usage-errors.ts';
import { verbose } from './verbose.ts';

/** The types of @tama/core, which is not loaded for a `--help`. */
export const weightTypes = [
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q6_k',
  'q5_k_m',
  'q5_k_s',
  'q5_1',
  'q5_0',
  'q4_k_m',
  'q4_k_s',
  'q4_1',
  'q4_0',
] as const satisfies readonly WeightType[];

/** How the weights are stored: an option under two names. */
export const typeOption = choice('TYPE', weightTypes, {
  en: `how to store the weights: ${weightTypes.join(', ')}`,
  ja: `重みの形式: ${weightTypes.join('、')}`,
});

export const quantOption = choice('TYPE', weightTypes, { en: 'the same as --type', ja: '--type と同じです' });

export const outputArgument = {
  name: 'OUT',
  required: true,
  summary: { en: 'the file or folder to write', ja: '書き出すファイルまたはフォルダー' },
} as const;

export const jsonOption = flag({ en: 'print what was written as JSON', ja: '書き出した内容をJSONで出力します' });

/** What the commands that write a model answer. */
export const written = (output: string, bytes: number, json: boolean | undefined): string =>
  json ? `${JSON.stringify({ output, bytes })}\n` : `${output}: ${byteSize(bytes)}\n`;

const converting = { en: 'Converting', ja: '変換しています' };

export const convert = defineCommand({
  name: 'convert',
  summary: { en: 'Write a model in another format or type', ja: 'モデルを別の形式で書き出します' },
  details: {
    en: 'Reads any format and writes GGUF, as llama.cpp has it, or a Hugging Face folder with safetensors. Without --type the\nweights stay as they are; in safetensors quantised ones become f32. Memory does not grow with the model. OUT appears\nwhen it is complete. OUT that ends in .gguf is GGUF, anything else a folder; a path that ends in .safetensors names the\nfile in the folder.',
    ja: 'どの形式からでも、llama.cppと同じGGUF、またはsafetensorsのHugging Faceフォルダーを書き出します。--type を省くと\n重みはそのままです（safetensorsでは量子化された重みはf32になります）。モデルが大きくてもメモリーは増えません。\nOUTは書き終えた時点で現れます。.gguf で終わるOUTはGGUF、それ以外はフォルダーで、.safetensors で終わるパスは\nフォルダー内のファイル名です。',
  },
  arguments: { model: modelArgument, output: outputArgument },
  options: {
    type: typeOption,
    quant: quantOption,
    format: choice('gguf|safetensors', outputFormats, {
      en: 'what to write (default: by the name of OUT)',
      ja: '書き出す形式（既定はOUTの名前で決めます）',
    }),
    name: text('NAME', { en: "the model's name in a GGUF file", ja: 'GGUFファイルに書くモデル名' }),
    json: jsonOption,
    verbose,
  },
  examples: [
    {
      line: 'tama convert path/to/gemma-2-2b-jpn-it gemma-2-2b-jpn-it-Q4_K_M.gguf --type q4_k_m',
      explanation: { en: 'A folder as a quantised GGUF', ja: 'フォルダーを量子化したGGUFにする' },
    },
    {
      line: 'tama convert gemma-2-9b-instruct-keras gemma-2-9b-it --type bf16',
      explanation: {
        en: 'A Keras preset as a Hugging Face folder',
        ja: 'KerasプリセットをHugging Faceフォルダーにする',
      },
    },
  ],
  async run({ io, locale }, { model, output }, { type, quant, format, name, json, verbose }) {
    const target = format ?? outputFormat(output);
    const { openCheckpoint } = await import('@tama/core');
    const progress = progressOn(io, locale, verbose ?? false);
    const noted = noteFilesRead(await openModel(model, io.signal));
    const checkpoint = await openCheckpoint(noted.model, { signal: io.signal });
    try {
      if (await replacesModel(noted.filesRead, output, target)) throw new ReplacesModelError('convert', output);
      const bytes = await writeModel(checkpoint, output, target, {
        ...defined({ type: type ?? quant, name }),
        signal: io.signal,
        onProgress: (done, total) => progress.report(converting, done, total),
      });
      progress.end();
      await print(io, written(output, bytes, json));
      return exitCodes.success;
    } finally {
      progress.end();
      await checkpoint.close();
    }
  },
});
