const REPLACEMENT = '\ufffd';

/**
 * Bytes to text as they come. An unfinished character is held back; every byte that cannot belong to one gives one
 * U+FFFD, as in SentencePiece. (A TextDecoder gives one for several such bytes.)
 */
export class Utf8Stream {
  #held: number[] = []; // always the beginning of a valid character

  push(byte: number): string {
    const held = this.#held;
    held.push(byte);
    let text = '';
    while (held.length > 0) {
      const length = validLength(held);
      if (length === undefined) {
        text += REPLACEMENT;
        held.shift();
      } else if (held.length < length) {
        break;
      } else {
        text += String.fromCodePoint(codePointOf(held));
        held.length = 0;
      }
    }
    return text;
  }

  /** Ends the run of bytes: one U+FFFD for each that was held back. */
  flush(): string {
    const text = REPLACEMENT.repeat(this.#held.length);
    this.#held.length = 0;
    return text;
  }
}

/** How long the character is that these bytes begin or are; undefined if no character begins so (Unicode, table 3-7). */
function validLength([lead, second, ...rest]: readonly number[]): number | undefined {
  if (lead === undefined) return undefined;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return undefined;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second !== undefined && (second < lowest || second > highest)) return undefined;
  if (rest.some((byte) => byte < 0x80 || byte > 0xbf)) return undefined;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function codePointOf([lead, ...rest]: readonly number[]): number {
  if (lead === undefined || rest.length === 0) return lead ?? 0;
  return rest.reduce((codePoint, byte) => (codePoint << 6) | (byte & 0x3f), lead & (0x3f >> rest.length));
}
