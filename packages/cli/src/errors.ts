import { TamaError } from '@tama/errors';

/** The user pressed Ctrl-C. */
export class InterruptedError extends TamaError {
  constructor() {
    super('interrupted', {
      en: { what: 'Stopped by Ctrl-C.', remedy: '' },
      ja: { what: 'Ctrl-Cで中断しました。', remedy: '' },
    });
  }
}

/** The program that read our output has ended. */
export class OutputClosedError extends TamaError {
  constructor(options?: ErrorOptions) {
    super(
      'output-closed',
      {
        en: { what: 'Nobody reads the output any more.', remedy: '' },
        ja: { what: '出力先が閉じられました。', remedy: '' },
      },
      {},
      options,
    );
  }
}

/** The answer cannot be written: a full disk, most often. */
export class OutputFailedError extends TamaError {
  constructor(cause: NodeJS.ErrnoException) {
    const reason = cause.code ?? cause.message;
    super(
      'output-failed',
      {
        en: {
          what: `The answer could not be written to standard output (${reason}).`,
          remedy: 'Check that the disk has room, or send the output elsewhere.',
        },
        ja: {
          what: `標準出力に書き込めません（${reason}）。`,
          remedy: 'ディスクの空き容量を確認するか、別の場所に出力してください。',
        },
      },
      { reason },
      { cause },
    );
  }
}

/** A line of `--jsonl` that is not one JSON string. */
export class BadLineError extends TamaError {
  constructor(line: number, problem: { readonly en: string; readonly ja: string }, options?: ErrorOptions) {
    super(
      'bad-line',
      {
        en: {
          what: `Line ${line} of the input ${problem.en}.`,
          remedy: 'Every line must be one JSON string in UTF-8, such as "Hello" with its quotes.',
        },
        ja: {
          what: `入力の${line}行目${problem.ja}。`,
          remedy: '1行に1つ、引用符付きのJSON文字列（例: "こんにちは"）をUTF-8で書いてください。',
        },
      },
      { line },
      options,
    );
  }
}

/** Text from stdin that is not UTF-8. */
export class NotUtf8Error extends TamaError {
  constructor(options?: ErrorOptions) {
    super(
      'not-utf-8',
      {
        en: {
          what: 'The text on standard input is not valid UTF-8.',
          remedy: 'Convert it to UTF-8 first, e.g. with iconv.',
        },
        ja: { what: '標準入力の文章がUTF-8ではありません。', remedy: 'iconvなどでUTF-8に変換してから渡してください。' },
      },
      {},
      options,
    );
  }
}

/** The model computed NaN or infinity, which JSON cannot hold and no sound model gives. */
export class NonFiniteLogitsError extends TamaError {
  constructor(position: number, token: number) {
    super(
      'logits-not-finite',
      {
        en: {
          what: `The logit of token ${token} at position ${position} is not a finite number.`,
          remedy:
            'The weights are damaged, or the graphics driver miscomputes: compare with --device f32 or another --adapter.',
        },
        ja: {
          what: `位置${position}のトークン${token}のロジットが有限の数ではありません。`,
          remedy:
            '重みが壊れているか、グラフィックドライバーの計算に問題があります。--device f32 や別の --adapter の結果と比べてください。',
        },
      },
      { position, token },
    );
  }
}
