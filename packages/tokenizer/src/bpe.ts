import { MergeQueue, positionOf, rankOf } from './merge-queue.ts';
import { type MergeRules, NO_MERGE } from './merge-rules.ts';

// Up to this many symbols, looking at every pair for the best one is quicker than keeping a queue.
const SHORT = 32;
const NEVER = 0x7fffffff;
const shortMerged = new Int32Array(SHORT); // what symbols[k] and symbols[k + 1] merge into
const shortRanks = new Int32Array(SHORT);

/** Told of every merge that was possible at some moment, whether or not it was made. */
export type MergeObserver = (merged: number, left: number, right: number) => void;

/**
 * Byte-pair encoding as SentencePiece does it: of all neighbours whose concatenation is a piece, merges those that make
 * the piece with the highest score, the leftmost first, until none is left. Works in place on symbols[0, length) and
 * returns how many remain.
 */
export function mergeSymbols(symbols: Int32Array, length: number, rules: MergeRules, observe?: MergeObserver): number {
  return length <= SHORT && !observe
    ? mergeByScanning(symbols, length, rules)
    : mergeByQueue(symbols, length, rules, observe);
}

function mergeByScanning(symbols: Int32Array, length: number, rules: MergeRules): number {
  for (let k = 0; k + 1 < length; k++) lookShort(symbols, k, rules);
  while (length > 1) {
    let best = 0;
    for (let k = 1; k + 1 < length; k++) if (shortRanks[k]! < shortRanks[best]!) best = k;
    if (shortRanks[best] === NEVER) break;
    symbols[best] = shortMerged[best]!;
    length--;
    for (let k = best + 1; k < length; k++) {
      symbols[k] = symbols[k + 1]!;
      shortMerged[k] = shortMerged[k + 1]!;
      shortRanks[k] = shortRanks[k + 1]!;
    }
    if (best > 0) lookShort(symbols, best - 1, rules);
    if (best + 1 < length) lookShort(symbols, best, rules);
  }
  return length;
}

function lookShort(symbols: Int32Array, k: number, rules: MergeRules): void {
  const merged = rules.merge(symbols[k]!, symbols[k + 1]!);
  shortMerged[k] = merged;
  shortRanks[k] = merged === NO_MERGE ? NEVER : rules.ranks[merged]!;
}

function mergeByQueue(symbols: Int32Array, length: number, rules: MergeRules, observe?: MergeObserver): number {
  const queue = new MergeQueue();
  const merged = new Int32Array(length); // what a symbol and its right neighbour merge into
  const next = new Int32Array(length);
  const previous = new Int32Array(length);
  const look = (left: number): void => {
    const right = next[left]!;
    const id = right < length ? rules.merge(symbols[left]!, symbols[right]!) : NO_MERGE;
    merged[left] = id;
    if (id === NO_MERGE) return;
    queue.push(rules.ranks[id]!, left);
    observe?.(id, symbols[left]!, symbols[right]!);
  };
  for (let k = 0; k < length; k++) {
    next[k] = k + 1;
    previous[k] = k - 1;
  }
  for (let k = 0; k < length; k++) look(k);
  while (queue.size > 0) {
    const entry = queue.pop();
    const left = positionOf(entry);
    const id = merged[left]!;
    // An entry is stale once either of its symbols has merged with the neighbour on the other side.
    if (id === NO_MERGE || rules.ranks[id] !== rankOf(entry)) continue;
    const right = next[left]!;
    symbols[left] = id;
    merged[right] = NO_MERGE;
    next[left] = next[right]!;
    if (next[left]! < length) previous[next[left]!] = left;
    if (previous[left]! >= 0) look(previous[left]!);
    look(left);
  }
  let remaining = 0;
  for (let k = 0; k < length; k = next[k]!) symbols[remaining++] = symbols[k]!;
  return remaining;
}
