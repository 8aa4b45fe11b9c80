import { TamaError } from '@tama/errors';

/** A weight is too large for the encoding it is converted to. */
export class WeightRangeError extends TamaError {
  constructor(tensor: string, row: number, encoding: string) {
    super(
      'weights-out-of-range',
      {
        en: {
          what: `The tensor '${tensor}' holds a value in row ${row} that is too large for ${encoding}.`,
          remedy: 'Keep them in f32 or bf16, or check that the weights are those of a Gemma 2.',
        },
        ja: {
          what: `テンソル「${tensor}」の${row}行に、${encoding}では表せない大きさの値があります。`,
          remedy: 'f32またはbf16のまま使うか、Gemma 2の重みであることを確認してください。',
        },
      },
      { tensor, row, encoding },
    );
  }
}

/** Weights were to be quantised while they are loaded, but the checkpoint holds them quantised: twice would lose more. */
export class AlreadyQuantisedError extends TamaError {
  constructor(tensor: string, encoding: string, weights: string) {
    super(
      'already-quantised',
      {
        en: {
          what: `The weights cannot be quantised to ${weights} while loading: '${tensor}' is stored in ${encoding} already.`,
          remedy: 'Load the model as it is stored, or take one with weights in BF16, F16 or F32.',
        },
        ja: {
          what: `「${tensor}」はすでに${encoding}に量子化されているため、読み込みながら${weights}に量子化することはできません。`,
          remedy: '保存された形式のまま読み込むか、重みがBF16、F16、F32のモデルをお使いください。',
        },
      },
      { tensor, encoding, weights },
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
