import { describe, expect, it } from 'vitest';
import { seededIntegers } from './testing/random.ts';
import { Utf8Stream } from './utf8-stream.ts';

function decode(bytes: Iterable<number>): string {
  const stream = new Utf8Stream();
  let text = '';
  for (const byte of bytes) text += stream.push(byte);
  return text + stream.flush();
}

describe('Utf8Stream', () => {
  it('decodes characters of every length', () => {
    const characters = Array.from({ length: 0x110000 / 16 }, (_, index) => String.fromCodePoint(index, 16 * index));
    const text = characters.join('').toWellFormed();
    expect(decode(new TextEncoder().encode(text)) === text).toBe(true);
  });

  it('agrees with TextDecoder on what is valid, and gives one U+FFFD for each byte that is not', () => {
    const random = seededIntegers(1);
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    /** The definition: at each place the one sequence of 1 to 4 bytes that is valid, else one bad byte. */
    const expected = (bytes: Uint8Array): string => {
      let text = '';
      for (let at = 0; at < bytes.length; ) {
        const valid = [1, 2, 3, 4].flatMap((length) => {
          if (at + length > bytes.length) return [];
          try {
            return [{ length, character: decoder.decode(bytes.subarray(at, at + length)) }];
          } catch {
            return [];
          }
        })[0];
        text += valid?.character ?? '\ufffd';
        at += valid?.length ?? 1;
      }
      return text;
    };
    const interesting = [
      0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xe3, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
    ];
    for (let round = 0; round < 5000; round++) {
      const bytes = Uint8Array.from({ length: 1 + random(8) }, () => interesting[random(interesting.length)]!);
      expect(decode(bytes), bytes.join()).toBe(expected(bytes));
    }
  });

  it('holds back only what can still become a character', () => {
    const stream = new Utf8Stream();
    expect([0xe3, 0x81, 0x82].map((byte) => stream.push(byte))).toEqual(['', '', 'あ']);
    expect([0xe0, 0x80].map((byte) => stream.push(byte))).toEqual(['', '\ufffd\ufffd']);
    expect([0xf0, 0x9f, 0x41].map((byte) => stream.push(byte))).toEqual(['', '', '\ufffd\ufffdA']);
    expect([stream.push(0xf0), stream.flush(), stream.flush()]).toEqual(['', '\ufffd', '']);
  });
});
