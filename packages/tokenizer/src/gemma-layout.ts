import { bytePieceName, END_OF_TURN, PieceKind, START_OF_TURN } from './vocabulary.ts';

// The ids that every Gemma 1 and 2 vocabulary begins with, whatever follows.
const UNKNOWN = 3;
const TURN_MARKERS = 106;
const NEWLINE = 108;
const BYTES = 217;
const PIECES = 473;
// And the user-defined pieces after all others: [toxicity=0], runs of 2 to 31 tabs, <unused99>.
const TAIL_START = '[toxicity=0]';
const TAIL_LENGTH = 32;

/**
 * What the pieces of a Gemma 1 or 2 vocabulary are, by id; undefined for any other vocabulary, and for what a file
 * adds behind Gemma's own pieces. Needed where a file format does not say: GGUF files give the user-defined pieces
 * several other types.
 */
export function gemmaKinds(pieces: readonly string[]): ((id: number) => PieceKind | undefined) | undefined {
  const isGemma =
    pieces[TURN_MARKERS] === START_OF_TURN &&
    pieces[TURN_MARKERS + 1] === END_OF_TURN &&
    pieces[NEWLINE] === '\n' &&
    pieces[BYTES] === bytePieceName(0);
  if (!isGemma) return undefined;

  const tail = pieces.indexOf(TAIL_START, PIECES);
  const end = tail < 0 ? pieces.length : tail + TAIL_LENGTH;
  return (id) => {
    if (id < UNKNOWN) return PieceKind.control;
    if (id === UNKNOWN) return PieceKind.unknown;
    if (id < BYTES) return PieceKind.userDefined;
    if (id < PIECES) return PieceKind.byte;
    if (tail < 0 || id < tail) return PieceKind.normal;
    return id < end ? PieceKind.userDefined : undefined;
  };
}
