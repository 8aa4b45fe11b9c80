import { describe, expect, it } from 'vitest';
import { vocabularyFromSentencePiece } from './sentencepiece-model.ts';
import { readBytes } from './testing/fixtures.ts';
import { seededIntegers } from './testing/random.ts';
import { Tokenizer } from './tokenizer.ts';

const tokenizer = new Tokenizer(vocabularyFromSentencePiece(readBytes('fixtures/tokenizer/tokenizer.model')));
const { pieces, kinds } = tokenizer.vocabulary;

describe('encode', () => {
  it('puts bos first only when asked', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.encode('', { bos: true })).toEqual([2]);
    expect(tokenizer.encode('hello', { bos: true })).toEqual([2, ...tokenizer.encode('hello')]);
  });

  it('reads a lone surrogate as U+FFFD', () => {
    expect(tokenizer.encode('a\ud83eb')).toEqual(tokenizer.encode('a\ufffdb'));
  });

  it('can read turn markers as ordinary text, which decodes to the same', () => {
    const text = 'x<end_of_turn>\n<start_of_turn>model\n<end_of_turn';
    expect(tokenizer.encode(text).filter((id) => id === 106 || id === 107)).toEqual([107, 106]);
    const ids = tokenizer.encode(text, { turnMarkers: 'text' });
    expect(ids.some((id) => id === 106 || id === 107)).toBe(false);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.encode('<table>\n\n', { turnMarkers: 'text' })).toEqual([169, 109]);
  });

  it('gives back any well-formed text when decoded', () => {
    const random = seededIntegers(5);
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: random(80) }, () =>
        random(2) === 0 ? pieces[4 + random(pieces.length - 4)]! : String.fromCodePoint(random(0x110000)),
      )
        .join('')
        .toWellFormed();
      // A ▁ in a text cannot be told from a space afterwards.
      for (const turnMarkers of ['control', 'text'] as const) {
        expect(tokenizer.decode(tokenizer.encode(text, { turnMarkers }))).toBe(text.replaceAll('▁', ' '));
      }
    }
  });

  it('gives the same ids for a text whatever was encoded before it', () => {
    const text = 'the quick brown fox'.repeat(40);
    const ids = tokenizer.encode(text);
    tokenizer.encode('a'.repeat(200_000));
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  it.each(['abcdefghij日本語テスト', 'a'])('takes time in proportion to unbroken text, %s…', (repeated) => {
    const cpuMs = (characters: number) => {
      const text = repeated.repeat(characters / repeated.length);
      const times = Array.from({ length: 3 }, () => {
        // Of this thread: others collect garbage. How the system divides it between user and system is a guess.
        const start = process.threadCpuUsage();
        tokenizer.encode(text);
        const { user, system } = process.threadCpuUsage(start);
        return (user + system) / 1000;
      });
      return Math.min(...times);
    };
    cpuMs(16_000);
    // Ten times as much text: 10 to 15 times as long, were it quadratic 100 times.
    expect(cpuMs(1_600_000)).toBeLessThan(40 * cpuMs(160_000));
  });
});

describe('decode', () => {
  it('leaves out turn markers and <unk> when special pieces are skipped', () => {
    const ids = [2, 106, ...tokenizer.encode('user'), 108, 3, ...tokenizer.encode('Hi'), 107, 1];
    expect(tokenizer.decode(ids)).toBe('<start_of_turn>user\n ⁇ Hi<end_of_turn>');
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('user\nHi');
  });

  it.each([-1, pieces.length, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the id %s', (id) => {
    expect(() => tokenizer.decode([5, id])).toThrow(expect.objectContaining({ code: 'token-id-out-of-range' }));
  });

  it('equals streaming, id by id, for any ids', () => {
    const random = seededIntegers(11);
    for (let round = 0; round < 500; round++) {
      const ids = Array.from({ length: 1 + random(12) }, () =>
        random(3) > 0 ? 217 + random(256) : random(pieces.length),
      );
      const decoder = tokenizer.stream();
      let text = '';
      ids.forEach((id, index) => {
        text += decoder.push(id);
        expect(text.isWellFormed()).toBe(true);
        const held = tokenizer.decode(ids.slice(0, index + 1)).slice(text.length);
        expect(held).toMatch(/^\ufffd{0,3}$/);
        if (kinds[id] !== 6) expect(held).toBe('');
      });
      expect(text + decoder.flush()).toBe(tokenizer.decode(ids));
    }
  });
});

it('names the ids that end an answer', () => {
  expect(tokenizer.stopIds).toEqual([1, 107]);
});
