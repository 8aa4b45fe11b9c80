import { describe, expect, it } from 'vitest';
import { deserialiseError, explain, isTamaError, serialiseError, TamaError } from './index.ts';

class TooLongError extends TamaError {
  constructor(tokens: number, limit: number) {
    super(
      'too-long',
      {
        en: { what: `The prompt has ${tokens} tokens, the context ${limit}.`, remedy: 'Shorten it.' },
        ja: { what: `入力は${tokens}トークンで、上限の${limit}を超えています。`, remedy: '短くしてください。' },
      },
      { tokens, limit },
    );
  }
}

describe('TamaError', () => {
  it('says what happened and what to do', () => {
    const error = new TooLongError(9000, 8192);
    expect(error.message).toBe('The prompt has 9000 tokens, the context 8192. Shorten it.');
    expect(error.name).toBe('TooLongError');
    expect(explain(error, 'ja').remedy).toBe('短くしてください。');
  });

  it('survives a structured clone with code, details and both languages', () => {
    const revived = deserialiseError(structuredClone(serialiseError(new TooLongError(9000, 8192))));
    expect(isTamaError(revived, 'too-long')).toBe(true);
    expect(isTamaError(revived, 'other')).toBe(false);
    expect(revived.details).toEqual({ tokens: 9000, limit: 8192 });
    expect(explain(revived, 'ja').what).toContain('9000トークン');
    expect(revived.name).toBe('TooLongError');
  });

  it('explains errors that are not ours without losing their message', () => {
    expect(explain(new RangeError('offset 12'), 'en').what).toContain('offset 12');
    expect(isTamaError(new RangeError('x'))).toBe(false);
    expect(serialiseError('plain').texts.en.what).toContain('plain');
  });
});
