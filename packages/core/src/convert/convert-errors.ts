import { TamaError } from '@tama/errors';

/** A weight is too large for the encoding it is converted to. */
export class WeightRangeError extends TamaError {
  constructor(tensor: string, row: number, encoding: string) {
    super(
      'weights-out-of-range',
      {
        en: {
          what: `The tensor '${tensor}' holds a value in row ${row} that is too large for ${encoding}.`,
          remedy: 'Convert to f32 or bf16, or check that the weights are those of a Gemma 2.',
        },
        ja: {
          what: `テンソル「${tensor}」の${row}行に、${encoding}では表せない大きさの値があります。`,
          remedy: 'f32またはbf16に変換するか、Gemma 2の重みであることを確認してください。',
        },
      },
      { tensor, row, encoding },
    );
  }
}

/** A format that holds no weights of this type. */
export class FormatTypeError extends TamaError {
  constructor(format: string, type: string, allowed: readonly string[]) {
    super(
      'format-type',
      {
        en: {
          what: `${format} files of Gemma 2 hold no ${type} weights.`,
          remedy: `Choose ${allowed.join(', ')}, or write GGUF.`,
        },
        ja: {
          what: `Gemma 2の${format}ファイルには${type}の重みを格納できません。`,
          remedy: `${allowed.join('、')}のいずれかを選ぶか、GGUFで書き出してください。`,
        },
      },
      { format, type, allowed: allowed.join(', ') },
    );
  }
}
