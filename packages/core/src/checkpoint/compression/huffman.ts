import { BackwardBits, corrupt } from './bit-readers.ts';
import { nextState, readFseTable } from './fse.ts';

const MAX_BITS = 11;

/** By the next `maxBits` bits of the stream: symbol × 16 + its length in bits. */
export type HuffmanTable = { readonly maxBits: number; readonly entries: Uint16Array };

/** Reads the description of a Huffman tree (RFC 8878, 4.2.1); returns its table with the first byte after it. */
export function readHuffmanTable(
  view: DataView,
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly table: HuffmanTable; readonly next: number } {
  const header = start < end ? bytes[start]! : corrupt('Huffman tree past the end of its block');
  const next = start + 1 + (header < 128 ? header : (header - 126) >> 1);
  if (next > end) corrupt('Huffman tree past the end of its block');
  const weights =
    header < 128 ? codedWeights(view, bytes, start + 1, next) : plainWeights(bytes, start + 1, header - 127);
  return { table: buildHuffmanTable(weights), next };
}

const plainWeights = (bytes: Uint8Array, start: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => {
    const pair = bytes[start + (i >> 1)]!;
    return i % 2 === 0 ? pair >> 4 : pair & 15;
  });

/** Weights coded by two states in turn, until the bits are used up. */
function codedWeights(view: DataView, bytes: Uint8Array, start: number, end: number): number[] {
  const { table, next } = readFseTable(bytes, start, end, { accuracyLog: 6, symbols: 256 });
  const reader = new BackwardBits(view, next, end);
  const states = [reader.take(table.accuracyLog), reader.take(table.accuracyLog)] as [number, number];
  const weights: number[] = [];
  for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
    weights.push(table.symbols[states[turn]]!);
    // A state that takes no bits could go on for ever.
    if (weights.length > 254) corrupt('Huffman weights');
    states[turn] = nextState(table, states[turn], reader);
    if (reader.remaining < 0) {
      weights.push(table.symbols[states[1 - turn]!]!);
      return weights;
    }
  }
}

/** The weight of the last symbol is not stored: it is what completes the tree. */
function buildHuffmanTable(weights: number[]): HuffmanTable {
  const sum = weights.reduce((total, weight) => {
    if (weight > MAX_BITS) corrupt('Huffman weight');
    return total + (weight === 0 ? 0 : 1 << (weight - 1));
  }, 0);
  if (sum === 0) corrupt('Huffman tree without symbols');
  const maxBits = 32 - Math.clz32(sum);
  const rest = (1 << maxBits) - sum;
  if (maxBits > MAX_BITS || (rest & (rest - 1)) !== 0) corrupt('incomplete Huffman tree');
  weights.push(32 - Math.clz32(rest));

  const entries = new Uint16Array(1 << maxBits);
  let at = 0;
  for (let weight = 1; weight <= maxBits; weight++)
    weights.forEach((own, symbol) => {
      if (own !== weight) return;
      const span = 1 << (weight - 1);
      entries.fill(symbol * 16 + (maxBits + 1 - weight), at, at + span);
      at += span;
    });
  return { maxBits, entries };
}

/** Decodes exactly `output.length` symbols from the bits of [start, end), which must be used up by them. */
export function decodeHuffman(
  { maxBits, entries }: HuffmanTable,
  view: DataView,
  start: number,
  end: number,
  output: Uint8Array,
): void {
  let left = new BackwardBits(view, start, end).remaining;
  const mask = entries.length - 1;
  const shift = 24 - maxBits;
  const pairs = output.length - (output.length % 2);
  let i = 0;
  // Two symbols of at most 11 bits from every load of 24. Bits before the start are read, but then `left` is negative.
  while (i < pairs) {
    const at = left - 24;
    const word = view.getUint32(start + (at >> 3), true) >>> (at & 7);
    const first = entries[(word >>> shift) & mask]!;
    const taken = first & 15;
    const second = entries[(word >>> (shift - taken)) & mask]!;
    output[i] = first >> 4;
    output[i + 1] = second >> 4;
    i += 2;
    left -= taken + (second & 15);
    if (left < 0) corrupt('Huffman stream overrun');
  }
  if (i < output.length) {
    const at = left - 24;
    const entry = entries[((view.getUint32(start + (at >> 3), true) >>> (at & 7)) >>> shift) & mask]!;
    output[i] = entry >> 4;
    left -= entry & 15;
  }
  if (left !== 0) corrupt('Huffman stream of another length');
}
