import { TamaError } from '@tama/errors';

/** A sampling option is outside what it may be. */
export class SamplingError extends TamaError {
  /** @param value a number, or whatever else a caller without types gave */
  constructor(option: string, value: unknown, allowed: string) {
    const shown = typeof value === 'string' ? `'${value}'` : String(value);
    super(
      'sampling-option',
      {
        en: { what: `The sampling option '${option}' is ${shown}.`, remedy: `It must be a number: ${allowed}.` },
        ja: {
          what: `サンプリングの設定「${option}」が${shown}になっています。`,
          remedy: `次の範囲の数値で指定してください: ${allowed}`,
        },
      },
      { option, value: typeof value === 'number' ? value : shown, allowed },
    );
  }
}
