import { isTamaError } from '@tama/errors';
import { englishWords } from '@tama/errors/testing';
import { expect, it } from 'vitest';
import { vocabularyFromGguf } from './gguf-vocabulary.ts';
import { vocabularyFromHuggingFace } from './hugging-face-vocabulary.ts';
import { vocabularyFromSentencePiece } from './sentencepiece-model.ts';
import { readBytes } from './testing/fixtures.ts';
import { leadingPieces, modelProto } from './testing/model-proto-writer.ts';
import { seededIntegers } from './testing/random.ts';
import { Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

type Random = ReturnType<typeof seededIntegers>;

const text = 'the  tokenizer\n\n\n漢字🦙<start_of_turn>abab<table>\t\ud800';

/** Whatever was read must work; whatever is refused must be refused with a typed error. Returns whether it was read. */
function survives(read: () => Vocabulary): boolean {
  let vocabulary: Vocabulary;
  try {
    vocabulary = read();
  } catch (error) {
    if (!isTamaError(error) || !error.code.startsWith('vocabulary-')) throw error;
    expect(error.texts.ja.what).toMatch(/。$/);
    expect(englishWords(error.texts.ja.what), error.texts.ja.what).toEqual([]);
    return false;
  }
  const tokenizer = new Tokenizer(vocabulary);
  const ids = tokenizer.encode(text, { bos: true });
  expect(ids.every((id) => id >= 0 && id < vocabulary.pieces.length)).toBe(true);
  expect(tokenizer.decode(ids).length).toBeGreaterThan(0);
  return true;
}

/** Cuts, overwrites, inserts, repeats, flips a bit: once or twice, at random places. */
function damaged(file: Uint8Array, random: Random): Uint8Array {
  let bytes = [...file];
  for (let changes = 1 + random(2); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    const length = random(12);
    const noise = Array.from({ length }, () => [0x00, 0x7f, 0x80, 0xff, random(256)][random(5)]!);
    const kind = random(10);
    if (kind === 0) bytes = bytes.slice(0, at);
    else if (kind === 1) bytes.splice(at, length);
    else if (kind === 2) bytes.splice(at, 0, ...noise);
    else if (kind === 3) bytes.splice(at, 0, ...bytes.slice(at, at + 40));
    else if (kind === 4) bytes.splice(at, length, ...noise);
    else if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << random(8));
  }
  return Uint8Array.from(bytes);
}

const small = modelProto({
  pieces: [
    ...leadingPieces,
    ['<start_of_turn>', 0, 4],
    ['ab', 0, 1],
    ['a', -1, 1],
    ['b', -2, 5],
    ['aba', -3, 5],
    ['漢', -4, 1],
  ],
});

it('a tokenizer.model with random damage is refused or works', () => {
  const random = seededIntegers(2024);
  let read = 0;
  for (let round = 0; round < 1500; round++) {
    const file = damaged(small, random);
    if (survives(() => vocabularyFromSentencePiece(file))) read++;
  }
  // Both happen, so the damage is neither too little nor too much.
  expect(read).toBeGreaterThan(50);
  expect(read).toBeLessThan(1450);
});

it('a tokenizer.model cut anywhere is refused or works', () => {
  for (let length = 0; length < small.length; length += 7) {
    survives(() => vocabularyFromSentencePiece(small.subarray(0, length)));
  }
});

it('a tokenizer.json with random damage is refused or works', () => {
  const random = seededIntegers(7);
  const file = readBytes('fixtures/tokenizer/tokenizer.json');
  for (let round = 0; round < 20; round++) survives(() => vocabularyFromHuggingFace(damaged(file, random)));
});

it('a tokenizer.json with any value replaced is refused or works', () => {
  const random = seededIntegers(8);
  const original = new TextDecoder().decode(readBytes('fixtures/tokenizer/tokenizer.json'));
  const strange = [null, true, -1, 0.5, 1e300, '', 'x', '__proto__', [], {}, [null], { a: 1 }];
  for (let round = 0; round < 60; round++) {
    const file = JSON.parse(original);
    // Walk down at random, but not always into the same two large lists.
    let parent: Record<string, unknown> = random(3) > 0 ? file.model : file;
    for (;;) {
      const keys = Object.keys(parent);
      const key = keys[random(keys.length)]!;
      const value = parent[key];
      if (typeof value === 'object' && value !== null && Object.keys(value).length > 0 && random(4) > 0) {
        parent = value as Record<string, unknown>;
      } else {
        parent[key] = strange[random(strange.length)];
        break;
      }
    }
    survives(() => vocabularyFromHuggingFace(JSON.stringify(file)));
  }
});

it('GGUF arrays with random values are refused or work', () => {
  const random = seededIntegers(9);
  const { pieces } = vocabularyFromSentencePiece(readBytes('fixtures/tokenizer/tokenizer.model'));
  const numbers = [
    -1,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    1e9,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  const any = () => numbers[random(numbers.length)]!;
  for (let round = 0; round < 100; round++) {
    const tokens = random(2) === 0 ? pieces : pieces.slice(0, random(pieces.length));
    const changedAt = random(tokens.length);
    survives(() =>
      vocabularyFromGguf({
        tokens: tokens.map((token, id) =>
          id === changedAt && random(2) === 0 ? ['', 'a', '\ud800'][random(3)]! : token,
        ),
        scores: tokens.map((_, id) => (random(400) === 0 ? any() : -id)),
        tokenTypes: tokens.map(() => 1 + random(6)),
        ...(random(4) === 0 && { bosId: any(), eosId: any(), eotId: any() }),
      }),
    );
  }
});

it('reads a vocabulary of many long pieces, or refuses it, in bounded time', () => {
  const runs = Array.from({ length: 250 }, (_, index) => 'a'.repeat(index + 2));
  const random = seededIntegers(10);
  const words = Array.from({ length: 2000 }, () => Array.from({ length: 200 }, () => 'ab'[random(2)]).join(''));
  const pieces = [...new Set(['a', 'b', ...runs, ...words])];
  const file = modelProto({
    pieces: [...leadingPieces, ...pieces.map((piece, index) => [piece, -index, index % 2 ? 1 : 4] as const)],
  });
  expect(survives(() => vocabularyFromSentencePiece(file))).toBe(true);
  const tooMany = {
    tokens: Array.from({ length: 2 ** 20 + 1 }, (_, id) => `t${id}`),
    bosId: 1,
    eosId: 2,
    unknownId: 3,
  };
  expect(() => vocabularyFromGguf(tooMany)).toThrow('1048577 pieces');
  const tooLong = { ...tooMany, tokens: Array.from({ length: 20_000 }, (_, id) => `${id}`.padEnd(250, 'x')) };
  expect(() => vocabularyFromGguf(tooLong)).toThrow('5000000 characters');
});
