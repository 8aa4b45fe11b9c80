import { BackwardBits, corrupt } from './bit-readers.ts';
import { buildFseTable, constantFseTable, type FseTable, nextState, readFseTable } from './fse.ts';
import { decodeHuffman, type HuffmanTable, readHuffmanTable } from './huffman.ts';
import type { BlockHeader } from './zstd-frame.ts';

/** No block holds or expands to more (RFC 8878, 3.1.1.2.4). */
export const BLOCK_LIMIT = 128 * 1024;
/** Bit streams are read in words that may begin before them: every input starts after this many spare bytes. */
export const SPARE_BYTES = 8;

type SequenceTables = { readonly literals: FseTable; readonly offsets: FseTable; readonly matches: FseTable };

// Code to extra bits and smallest value (RFC 8878, tables 16 and 17).
const literalBits = Uint8Array.of(...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
const matchBits = Uint8Array.of(...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
const literalBase = basesOf(literalBits, 0);
const matchBase = basesOf(matchBits, 3);
/** 2^25 is past every window that is accepted. */
const OFFSET_CODE_LIMIT = 25;

const defaults: SequenceTables = {
  literals: buildFseTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    6,
  ),
  matches: buildFseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...Array<number>(37).fill(1), ...Array<number>(7).fill(-1)], 6),
  offsets: buildFseTable(
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
    5,
  ),
};

function zeros(count: number): number[] {
  return Array<number>(count).fill(0);
}

function basesOf(bits: Uint8Array, first: number): Uint32Array {
  let base = first;
  return Uint32Array.from(bits, (width) => {
    const own = base;
    base += 1 << width;
    return own;
  });
}

/**
 * Decodes the blocks of one frame, one after the other, into a window that slides over the content. Memory is the
 * window and two blocks; every length is checked before it is used.
 */
export class BlockDecoder {
  readonly #windowSize: number;
  readonly #content: Uint8Array;
  readonly #literals = new Uint8Array(BLOCK_LIMIT);
  #end = 0;
  #huffman: HuffmanTable | undefined;
  #tables: SequenceTables | undefined;
  readonly #recentOffsets: [number, number, number] = [1, 4, 8];

  constructor(windowSize: number) {
    this.#windowSize = windowSize;
    this.#content = new Uint8Array(windowSize + 2 * BLOCK_LIMIT);
  }

  /**
   * The content of a block whose bytes follow {@link SPARE_BYTES} bytes in `input`. The result is a view of the window
   * and valid until the next block.
   */
  decode({ type, size }: BlockHeader, input: Uint8Array): Uint8Array {
    if (this.#end + BLOCK_LIMIT > this.#content.length) this.#slide();
    const start = this.#end;
    if (type === 'compressed') this.#decodeCompressed(input, SPARE_BYTES + size);
    else {
      if (type === 'raw') this.#content.set(input.subarray(SPARE_BYTES, SPARE_BYTES + size), start);
      else this.#content.fill(input[SPARE_BYTES]!, start, start + size);
      this.#end += size;
    }
    return this.#content.subarray(start, this.#end);
  }

  #slide(): void {
    const kept = Math.min(this.#windowSize, this.#end);
    this.#content.copyWithin(0, this.#end - kept, this.#end);
    this.#end = kept;
  }

  #decodeCompressed(input: Uint8Array, end: number): void {
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    const { literals, next } = this.#readLiterals(view, input, end);
    this.#readSequences(view, input, next, end, literals);
  }

  /** The literals section (RFC 8878, 3.1.1.3.1), and where the sequences begin. */
  #readLiterals(
    view: DataView,
    input: Uint8Array,
    end: number,
  ): { readonly literals: Uint8Array; readonly next: number } {
    const header = view.getUint32(SPARE_BYTES, true);
    const type = header & 3;
    const format = (header >> 2) & 3;
    if (type < 2) {
      const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1;
      const size = headerBytes === 1 ? (header >> 3) & 31 : (header >> 4) & (headerBytes === 2 ? 0xfff : 0xfffff);
      const start = SPARE_BYTES + headerBytes;
      const next = start + (type === 0 ? size : 1);
      if (next > end || size > BLOCK_LIMIT) corrupt('literals past the end of their block');
      return {
        literals:
          type === 0 ? input.subarray(start, next) : this.#literals.fill(input[start]!, 0, size).subarray(0, size),
        next,
      };
    }
    const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18;
    const headerBytes = format < 2 ? 3 : format + 2;
    const fields = header + view.getUint8(SPARE_BYTES + 4) * 2 ** 32;
    const size = Math.floor(fields / 16) % 2 ** sizeBits;
    const compressedSize = Math.floor(fields / 2 ** (4 + sizeBits)) % 2 ** sizeBits;
    let start = SPARE_BYTES + headerBytes;
    const next = start + compressedSize;
    if (next > end || size > BLOCK_LIMIT) corrupt('literals past the end of their block');
    if (type === 2) {
      const tree = readHuffmanTable(view, input, start, next);
      this.#huffman = tree.table;
      start = tree.next;
    }
    const table = this.#huffman ?? corrupt('literals without a Huffman tree');
    const literals = this.#literals.subarray(0, size);
    if (format === 0) decodeHuffman(table, view, start, next, literals);
    else decodeFourStreams(table, view, start, next, literals);
    return { literals, next };
  }

  /** The sequences section (RFC 8878, 3.1.1.3.2), carried out as it is read. */
  #readSequences(view: DataView, input: Uint8Array, start: number, end: number, literals: Uint8Array): void {
    const header = sequenceCount(input, start, end);
    if (header.count === 0) {
      if (header.next !== end) corrupt('bytes after a block without sequences');
      this.#append(literals, 0, literals.length, this.#end + BLOCK_LIMIT);
      return;
    }
    const { tables, next } = this.#readTables(input, header.next, end);
    const reader = new BackwardBits(view, next, end);
    let literalState = reader.take(tables.literals.accuracyLog);
    let offsetState = reader.take(tables.offsets.accuracyLog);
    let matchState = reader.take(tables.matches.accuracyLog);
    const limit = this.#end + BLOCK_LIMIT;
    let literalsUsed = 0;
    for (let left = header.count; left > 0; left--) {
      const offsetCode = tables.offsets.symbols[offsetState]!;
      const matchCode = tables.matches.symbols[matchState]!;
      const literalCode = tables.literals.symbols[literalState]!;
      if (offsetCode > OFFSET_CODE_LIMIT) corrupt('offset past the window');
      const offsetValue = 2 ** offsetCode + reader.take(offsetCode);
      const matchLength = matchBase[matchCode]! + reader.take(matchBits[matchCode]!);
      const literalLength = literalBase[literalCode]! + reader.take(literalBits[literalCode]!);
      if (left > 1) {
        literalState = nextState(tables.literals, literalState, reader);
        matchState = nextState(tables.matches, matchState, reader);
        offsetState = nextState(tables.offsets, offsetState, reader);
      }
      this.#append(literals, literalsUsed, literalLength, limit);
      literalsUsed += literalLength;
      this.#repeat(this.#offsetOf(offsetValue, literalLength), matchLength, limit);
    }
    if (reader.remaining !== 0) corrupt('sequences of another length');
    this.#append(literals, literalsUsed, literals.length - literalsUsed, limit);
  }

  #readTables(
    input: Uint8Array,
    start: number,
    end: number,
  ): { readonly tables: SequenceTables; readonly next: number } {
    let next = start + 1;
    const modes = start < end ? input[start]! : corrupt('sequences past the end of their block');
    if ((modes & 3) !== 0) corrupt('compression modes of the sequences');
    const read = (kind: keyof SequenceTables, mode: number, accuracyLog: number, symbols: number): FseTable => {
      if (mode === 0) return defaults[kind];
      if (mode === 3) return this.#tables?.[kind] ?? corrupt('sequences without coding tables');
      if (mode === 1) {
        const symbol = next < end ? input[next++]! : corrupt('sequences past the end of their block');
        return symbol < symbols ? constantFseTable(symbol) : corrupt('code of a sequence');
      }
      const described = readFseTable(input, next, end, { accuracyLog, symbols });
      next = described.next;
      return described.table;
    };
    const literals = read('literals', modes >> 6, 9, literalBits.length);
    const offsets = read('offsets', (modes >> 4) & 3, 8, 32);
    const matches = read('matches', (modes >> 2) & 3, 9, matchBits.length);
    this.#tables = { literals, offsets, matches };
    return { tables: this.#tables, next };
  }

  /** Offsets 1 to 3 mean one of the last three, which shift as RFC 8878, 3.1.1.5 says. */
  #offsetOf(value: number, literalLength: number): number {
    const recent = this.#recentOffsets;
    // 0, 1, 2: one of the three; 3: a new offset, or one less than the last.
    const index = value > 3 ? 3 : literalLength === 0 ? value : value - 1;
    const offset = value > 3 ? value - 3 : index === 3 ? recent[0] - 1 : recent[index]!;
    if (index > 1) recent[2] = recent[1];
    if (index > 0) recent[1] = recent[0];
    recent[0] = offset;
    return offset;
  }

  #append(literals: Uint8Array, from: number, count: number, limit: number): void {
    if (count < 0 || from + count > literals.length || this.#end + count > limit) corrupt('literals of a sequence');
    const content = this.#content;
    if (count > 32) content.set(literals.subarray(from, from + count), this.#end);
    else for (let i = 0; i < count; i++) content[this.#end + i] = literals[from + i]!;
    this.#end += count;
  }

  /** Repeats what was decoded `offset` bytes ago; it may overlap itself. */
  #repeat(offset: number, length: number, limit: number): void {
    const from = this.#end - offset;
    if (offset < 1 || offset > this.#windowSize || from < 0 || this.#end + length > limit)
      corrupt('match of a sequence');
    const content = this.#content;
    if (offset >= length && length > 32) content.copyWithin(this.#end, from, from + length);
    else for (let i = 0; i < length; i++) content[this.#end + i] = content[from + i]!;
    this.#end += length;
  }
}

/** Four streams of a quarter of the literals each, the sizes of the first three before them. */
function decodeFourStreams(table: HuffmanTable, view: DataView, start: number, end: number, output: Uint8Array): void {
  const quarter = (output.length + 3) >> 2;
  if (start + 6 > end || quarter * 3 > output.length) corrupt('streams of literals');
  let at = start + 6;
  for (let i = 0; i < 4; i++) {
    const streamEnd = i === 3 ? end : at + view.getUint16(start + 2 * i, true);
    if (streamEnd > end) corrupt('streams of literals');
    decodeHuffman(
      table,
      view,
      at,
      streamEnd,
      output.subarray(i * quarter, i === 3 ? output.length : (i + 1) * quarter),
    );
    at = streamEnd;
  }
}

function sequenceCount(
  input: Uint8Array,
  start: number,
  end: number,
): { readonly count: number; readonly next: number } {
  const first = start < end ? input[start]! : corrupt('block without sequences');
  const bytes = first < 128 ? 1 : first < 255 ? 2 : 3;
  if (start + bytes > end) corrupt('sequences past the end of their block');
  if (bytes === 1) return { count: first, next: start + 1 };
  if (bytes === 2) return { count: ((first - 128) << 8) + input[start + 1]!, next: start + 2 };
  return { count: input[start + 1]! + (input[start + 2]! << 8) + 0x7f00, next: start + 3 };
}
