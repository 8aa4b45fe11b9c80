import { PieceKind, type Vocabulary } from '@tama/tokenizer';

const tags = ['table', 'caption', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'];
const headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote'];
const styles = ['strong', 'em', 'b', 'i', 'u', 's', 'sub', 'sup', 'code'];
const openAndClose = (names: readonly string[]) => [
  ...names.map((name) => `<${name}>`),
  ...names.map((name) => `</${name}>`),
];
const runs = (text: string, from: number) => Array.from({ length: 32 - from }, (_, i) => text.repeat(from + i));

/** Ids 4 to 216 of every Gemma vocabulary. */
const userDefined: readonly string[] = [
  '<mask>',
  '<2mass>',
  '[@BOS@]',
  ...Array.from({ length: 99 }, (_, i) => `<unused${i}>`),
  '<start_of_turn>',
  '<end_of_turn>',
  ...runs('\n', 1),
  ...runs('▁', 2),
  ...openAndClose(tags),
  ...openAndClose(headings),
  ...openAndClose(styles),
];
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const head = ['<pad>', '<eos>', '<bos>', '<unk>', ...userDefined, ...bytes];
/** What every Gemma vocabulary ends with. */
const tail = ['[toxicity=0]', ...runs('\t', 2), '<unused99>'];

/** The fewest pieces a vocabulary with Gemma's special pieces can have, single letters included. */
export const smallestVocabulary = 1024;

/**
 * A vocabulary of any size with Gemma's special pieces at their ids, and made-up pieces for the rest: characters, and
 * strings of letters that merge into each other, so that any text can be encoded and decoded.
 */
export function syntheticVocabulary(size: number): Vocabulary {
  if (size < smallestVocabulary) throw new RangeError(`a vocabulary of ${size} pieces has no room for Gemma's own`);
  const pieces = [...head];
  for (const piece of madeUp()) {
    if (pieces.length === size - tail.length) break;
    pieces.push(piece);
  }
  const ordinary = pieces.length;
  pieces.push(...tail);
  const kinds = Uint8Array.from(pieces, (_, id) => {
    if (id < 3) return PieceKind.control;
    if (id === 3) return PieceKind.unknown;
    if (id < 4 + userDefined.length || id >= ordinary) return PieceKind.userDefined;
    return id < head.length ? PieceKind.byte : PieceKind.normal;
  });
  const scores = Float32Array.from(pieces, (_, id) => (id < head.length || id >= ordinary ? 0 : head.length - id));
  return {
    pieces,
    kinds,
    scores,
    special: {
      pad: 0,
      eos: 1,
      bos: 2,
      unk: 3,
      startOfTurn: pieces.indexOf('<start_of_turn>'),
      endOfTurn: pieces.indexOf('<end_of_turn>'),
    },
  };
}

const letters = [...'etaoinshrdlucmfwypvbgkjqxz'];

/** Distinct pieces without end: printable characters, then words, each of which is a shorter piece and a letter. */
function* madeUp(): Generator<string, never, undefined> {
  yield '▁';
  for (let code = 0x21; code < 0x7f; code++) yield String.fromCharCode(code);
  for (let code = 0x3041; code < 0x30ff; code++) yield String.fromCharCode(code);
  let words = ['▁', ...letters];
  for (;;) {
    const longer: string[] = [];
    for (const word of words) {
      for (const letter of letters) {
        yield word + letter;
        longer.push(word + letter);
      }
    }
    words = longer;
  }
}
