import type { Words } from '@tama/errors';

/** What a value should have been, as it reads after "must be" and before 「でなければなりません」. */
export type Expectation = Words;

export const same = (symbols: string): Expectation => ({ en: symbols, ja: symbols });
export const unique: Expectation = { en: 'unique', ja: '重複のない名前' };
export const validUtf8: Expectation = { en: 'valid UTF-8', ja: '正しいUTF-8' };
export const validJson: Expectation = { en: 'valid JSON', ja: '正しいJSON' };
export const powerOfTwo: Expectation = { en: 'a power of two', ja: '2の累乗' };
export const number: Expectation = { en: 'a number', ja: '数値' };
export const positiveNumber: Expectation = { en: 'a number above 0', ja: '0より大きい数値' };
export const text: Expectation = { en: 'a text', ja: '文字列' };
export const object: Expectation = { en: 'an object', ja: 'オブジェクト' };
export const multipleOf = (factor: number): Expectation => ({ en: `a multiple of ${factor}`, ja: `${factor}の倍数` });
export const atMost = (limit: number): Expectation => ({ en: `at most ${limit}`, ja: `${limit}以下` });
export const atLeast = (limit: number): Expectation => ({ en: `at least ${limit}`, ja: `${limit}以上` });
export const integerFrom = (low: number, high: number): Expectation => ({
  en: `an integer from ${low} to ${high}`,
  ja: `${low}から${high}までの整数`,
});
export const oneOf = (values: readonly (string | number)[]): Expectation => ({
  en: values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`,
  ja: values.length === 1 ? String(values[0]) : `${values.join('、')}のいずれか`,
});
