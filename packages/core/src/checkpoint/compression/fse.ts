import { type BackwardBits, corrupt, ForwardBits } from './bit-readers.ts';

/** A decoding table of the finite-state coder: what each state stands for and where it leads (RFC 8878, 4.1). */
export type FseTable = {
  readonly accuracyLog: number;
  readonly symbols: Uint8Array;
  /** Bits to read for the next state, and what to add them to. */
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
};

/** Reads the description of a table at `start`; returns it with the first byte after it. */
export function readFseTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: { readonly accuracyLog: number; readonly symbols: number },
): { readonly table: FseTable; readonly next: number } {
  const reader = new ForwardBits(bytes, start, end);
  const accuracyLog = reader.take(4) + 5;
  if (accuracyLog > limits.accuracyLog) corrupt('accuracy of a coding table');
  const probabilities: number[] = [];
  let left = 1 << accuracyLog;
  while (left > 0) {
    if (probabilities.length >= limits.symbols) corrupt('symbols of a coding table');
    const probability = readProbability(reader, left);
    probabilities.push(probability);
    left -= Math.abs(probability);
    if (probability === 0) {
      for (let repeat = 3; repeat === 3; ) {
        repeat = reader.take(2);
        for (let i = 0; i < repeat; i++) probabilities.push(0);
      }
      if (probabilities.length > limits.symbols) corrupt('symbols of a coding table');
    }
  }
  return { table: buildFseTable(probabilities, accuracyLog), next: reader.nextByte };
}

/** −1 ("less than one") to `left`; small values take one bit less. */
function readProbability(reader: ForwardBits, left: number): number {
  const bits = 32 - Math.clz32(left + 1);
  const value = reader.peek(bits);
  const low = value & ((1 << (bits - 1)) - 1);
  const saved = (1 << bits) - 2 - left;
  if (low < saved) {
    reader.skip(bits - 1);
    return low - 1;
  }
  reader.skip(bits);
  return (value >= 1 << (bits - 1) ? value - saved : value) - 1;
}

/** Spreads symbols over the states by their probabilities, which sum to 2^accuracyLog. */
export function buildFseTable(probabilities: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(probabilities.length);
  let high = size - 1;
  probabilities.forEach((probability, symbol) => {
    next[symbol] = Math.abs(probability);
    if (probability === -1) symbols[high--] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  probabilities.forEach((probability, symbol) => {
    for (let i = 0; i < probability; i++) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position > high);
    }
  });
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const count = next[symbols[state]!]!++;
    const width = accuracyLog - (31 - Math.clz32(count));
    bits[state] = width;
    base[state] = (count << width) - size;
  }
  return { accuracyLog, symbols, bits, base };
}

/** A table whose only symbol takes no bits. */
export const constantFseTable = (symbol: number): FseTable => ({
  accuracyLog: 0,
  symbols: Uint8Array.of(symbol),
  bits: new Uint8Array(1),
  base: new Uint16Array(1),
});

/** The state after `state`, from the bits that follow. */
export const nextState = ({ base, bits }: FseTable, state: number, reader: BackwardBits): number =>
  base[state]! + reader.take(bits[state]!);
