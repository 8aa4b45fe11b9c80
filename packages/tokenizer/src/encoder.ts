import { mergeSymbols } from './bpe.ts';
import { MergeRules } from './merge-rules.ts';
import { ABSENT } from './pair-table.ts';
import { escapeSpace, UserDefinedMatcher } from './user-defined-matcher.ts';
import { byteIds, PieceKind, type Vocabulary } from './vocabulary.ts';

const utf8 = new TextEncoder();
const NO_CHARACTER = -1;
/** Longer buffers are not kept from one text to the next. */
const KEPT_SYMBOLS = 2 ** 16;

/** Text to ids, exactly as SentencePiece does it for a BPE model with byte fallback and an identity normaliser. */
export class Encoder {
  readonly #pieces: readonly string[];
  readonly #kinds: Uint8Array;
  readonly #userDefined: UserDefinedMatcher;
  readonly #rules: MergeRules;
  readonly #bytes: Int32Array;
  readonly #hasUnused: boolean;
  #symbols = new Int32Array(256);

  constructor(vocabulary: Vocabulary) {
    this.#pieces = vocabulary.pieces;
    this.#kinds = vocabulary.kinds;
    this.#userDefined = new UserDefinedMatcher(vocabulary);
    this.#rules = new MergeRules(vocabulary);
    this.#bytes = byteIds(vocabulary);
    this.#hasUnused = vocabulary.kinds.includes(PieceKind.unused);
  }

  /** Ids of a text; lone surrogates count as U+FFFD. The user-defined pieces in `asText` are read as ordinary text. */
  encode(input: string, asText: readonly number[]): number[] {
    const text = input.toWellFormed();
    const ids: number[] = [];
    let length = 0; // of the stretch whose symbols are collected
    let last = NO_CHARACTER;
    for (let at = 0; at < text.length; ) {
      const matched = this.#userDefined.longest(text, at, asText);
      const character = matched === ABSENT ? escapeSpace(text.codePointAt(at)!) : NO_CHARACTER;
      if (length > 0 && this.#mayCut(last, character)) {
        this.#encodeSymbols(length, ids);
        length = 0;
      }
      if (length === this.#symbols.length) this.#grow();
      this.#symbols[length++] = matched === ABSENT ? this.#rules.symbolOf(character) : matched;
      at += matched === ABSENT ? (character > 0xffff ? 2 : 1) : this.#pieces[matched]!.length;
      last = character;
    }
    this.#encodeSymbols(length, ids);
    if (this.#symbols.length > KEPT_SYMBOLS) this.#symbols = new Int32Array(256);
    return ids;
  }

  /** True where no merge can cross the gap between two characters, so that the sides may be encoded apart. */
  #mayCut(left: number, right: number): boolean {
    // What becomes of an unused piece depends on the whole text, see #encodeWithUnused.
    if (this.#hasUnused) return false;
    return left === NO_CHARACTER || right === NO_CHARACTER || !this.#rules.mayJoin(left, right);
  }

  #encodeSymbols(length: number, ids: number[]): void {
    if (this.#hasUnused) {
      this.#encodeWithUnused(length, ids);
    } else {
      const remaining = mergeSymbols(this.#symbols, length, this.#rules);
      for (let k = 0; k < remaining; k++) this.#pushSymbol(this.#symbols[k]!, ids);
    }
  }

  /**
   * An unused piece may be merged on the way to a longer one, but is taken apart where it remains: into the two
   * symbols that last could have made it, anywhere in the text.
   */
  #encodeWithUnused(length: number, ids: number[]): void {
    const parts = new Map<number, readonly [number, number]>();
    const remaining = mergeSymbols(this.#symbols, length, this.#rules, (merged, left, right) => {
      if (this.#kinds[merged] === PieceKind.unused) parts.set(merged, [left, right]);
    });
    const push = (symbol: number): void => {
      const pair = parts.get(symbol);
      if (pair) pair.forEach(push);
      else this.#pushSymbol(symbol, ids);
    };
    this.#symbols.subarray(0, remaining).forEach(push);
  }

  /** A piece becomes its id; any other character the ids of its UTF-8 bytes. */
  #pushSymbol(symbol: number, ids: number[]): void {
    const codePoint = symbol - this.#pieces.length;
    if (codePoint < 0) ids.push(symbol);
    else for (const byte of utf8.encode(String.fromCodePoint(codePoint))) ids.push(this.#bytes[byte]!);
  }

  #grow(): void {
    const longer = new Int32Array(2 * this.#symbols.length);
    longer.set(this.#symbols);
    this.#symbols = longer;
  }
}
