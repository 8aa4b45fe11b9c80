import { TamaError } from '@tama/errors';

/** A sampling option is outside what it may be. */
export class SamplingError extends TamaError {
  constructor(option: string, value: number, allowed: string) {
    super(
      'sampling-option',
      {
        en: { what: `The sampling option '${option}' is ${value}.`, remedy: `It must be ${allowed}.` },
        ja: {
          what: `サンプリングの設定「${option}」が${value}になっています。`,
          remedy: `次の範囲で指定してください: ${allowed}`,
        },
      },
      { option, value, allowed },
    );
  }
}
