import type { ErrorDetails } from '@tama/errors';
import { type Finding, MalformedVocabularyError, type VocabularySource } from './errors.ts';
import { ABSENT } from './pair-table.ts';
import { PieceIndex } from './piece-index.ts';
import { byteIds, bytePieceName, PieceKind, type Vocabulary } from './vocabulary.ts';

// Gemma's has 256,000 pieces of at most 31 characters, 1.4 million in all. These bounds keep the time and memory that
// a hostile file can ask for within a few seconds and a few hundred megabytes.
const MAX_PIECES = 2 ** 20;
const MAX_PIECE_LENGTH = 256;
const MAX_TOTAL_LENGTH = 2 ** 22;

type Problem = Finding & { readonly details?: ErrorDetails };

/**
 * Returns the vocabulary if it keeps what SentencePiece demands of a BPE model with byte fallback, and its size is
 * within bounds.
 */
export function checkedVocabulary(source: VocabularySource, vocabulary: Vocabulary): Vocabulary {
  const problem =
    sizeProblem(vocabulary) ?? piecesProblem(vocabulary) ?? specialProblem(vocabulary) ?? bytesProblem(vocabulary);
  if (problem) throw new MalformedVocabularyError(source, problem, problem.details);
  return vocabulary;
}

function sizeProblem({ pieces }: Vocabulary): Problem | undefined {
  const count = pieces.length;
  if (count === 0 || count > MAX_PIECES) {
    return {
      en: `it has ${count} pieces, where 1 to ${MAX_PIECES} can be`,
      ja: `ピースが${count}個あります（1から${MAX_PIECES}個まで）`,
      details: { pieces: count, limit: MAX_PIECES },
    };
  }
  const characters = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (characters > MAX_TOTAL_LENGTH) {
    return {
      en: `its pieces hold ${characters} characters, where ${MAX_TOTAL_LENGTH} can be`,
      ja: `ピースの文字数が合計${characters}です（上限${MAX_TOTAL_LENGTH}）`,
      details: { characters, limit: MAX_TOTAL_LENGTH },
    };
  }
  return undefined;
}

function piecesProblem(vocabulary: Vocabulary): Problem | undefined {
  const { pieces, kinds } = vocabulary;
  // SentencePiece has one table of names for what a text can become and one for the rest; names are unique in each.
  const textual = new PieceIndex(pieces);
  const reserved = new PieceIndex(pieces);
  for (let id = 0; id < pieces.length; id++) {
    const kind = kinds[id];
    const isReserved = kind === PieceKind.control || kind === PieceKind.unknown || kind === PieceKind.byte;
    const problem =
      pieceProblem(vocabulary, id) ??
      ((isReserved ? reserved : textual).add(id) === ABSENT
        ? undefined
        : { en: 'is there twice', ja: 'が重複しています' });
    if (!problem) continue;
    const shown = JSON.stringify(pieces[id]!.slice(0, 40));
    return {
      en: `piece ${id} (${shown}) ${problem.en}`,
      ja: `${id}番のピース（${shown}）${problem.ja}`,
      details: { id },
    };
  }
  return undefined;
}

function pieceProblem({ pieces, kinds, scores, special }: Vocabulary, id: number): Finding | undefined {
  const piece = pieces[id]!;
  const kind = kinds[id]!;
  if (piece.length === 0) return { en: 'is empty', ja: 'が空です' };
  if (piece.length > MAX_PIECE_LENGTH) {
    return {
      en: `has ${piece.length} characters, more than ${MAX_PIECE_LENGTH}`,
      ja: `が${piece.length}文字あります（上限${MAX_PIECE_LENGTH}）`,
    };
  }
  if (!piece.isWellFormed()) return { en: 'holds half a surrogate pair', ja: 'に不完全なサロゲートペアがあります' };
  if (!(kind >= PieceKind.normal && kind <= PieceKind.byte))
    return { en: 'has an unknown type', ja: 'の種類が不明です' };
  if (kind === PieceKind.unknown && id !== special.unk) {
    return { en: `is a second <unk> beside ${special.unk}`, ja: `は${special.unk}番に続く二つ目の<unk>です` };
  }
  if (kind === PieceKind.byte && !/^<0x[0-9A-F]{2}>$/.test(piece)) {
    return { en: 'is a byte without a value', ja: 'はバイトですが値がありません' };
  }
  if (Number.isNaN(scores[id])) return { en: 'has a score that is not a number', ja: 'のスコアが数値ではありません' };
  return undefined;
}

function specialProblem({ kinds, special }: Vocabulary): Problem | undefined {
  const needed: Partial<Record<string, PieceKind>> = {
    bos: PieceKind.control,
    eos: PieceKind.control,
    unk: PieceKind.unknown,
  };
  for (const [name, id] of Object.entries(special)) {
    const kind = kinds[id];
    if (kind !== undefined && kind === (needed[name] ?? kind)) continue;
    return {
      en: `${name} has the id ${id}, which is no such piece`,
      ja: `「${name}」のID ${id}は該当するピースではありません`,
      details: { name, id },
    };
  }
  return undefined;
}

function bytesProblem(vocabulary: Vocabulary): Problem | undefined {
  const missing = byteIds(vocabulary).indexOf(-1);
  if (missing < 0) return undefined;
  const piece = bytePieceName(missing);
  return { en: `the byte piece ${piece} is missing`, ja: `バイトのピース${piece}がありません`, details: { piece } };
}
