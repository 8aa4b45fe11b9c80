import { checkedVocabulary } from './check-vocabulary.ts';
import { MalformedVocabularyError } from './errors.ts';
import { gemmaKinds } from './gemma-layout.ts';
import { canonicalPiece, idByText, PieceKind, turnMarkerIds, type Vocabulary } from './vocabulary.ts';

const SOURCE = 'GGUF';

/** The metadata `tokenizer.ggml.*` of a GGUF file whose `tokenizer.ggml.model` is "llama". */
export type GgufVocabulary = {
  readonly tokens: readonly string[];
  readonly scores?: ArrayLike<number>;
  /** `token_type`, in SentencePiece's numbering. */
  readonly tokenTypes?: ArrayLike<number>;
  readonly bosId?: number;
  readonly eosId?: number;
  readonly unknownId?: number;
  readonly padId?: number;
  readonly eotId?: number;
};

/**
 * Makes a vocabulary of the arrays in a GGUF file. Their token types are not to be trusted: depending on the converter
 * a user-defined piece is called control, user-defined (with spaces for ▁ and the score -1000) or normal. For Gemma's
 * vocabulary the kinds and the order of merging follow from the ids; elsewhere a "control" token counts as
 * user-defined unless it is bos, eos or pad.
 *
 * @throws MalformedVocabularyError where the arrays contradict each other or a necessary piece is missing
 */
export function vocabularyFromGguf(parts: GgufVocabulary): Vocabulary {
  const { tokens, scores, tokenTypes } = parts;
  checkLength('scores', scores, tokens.length);
  checkLength('token_type', tokenTypes, tokens.length);

  const pad = parts.padId ?? tokens.indexOf('<pad>');
  const markers = turnMarkerIds(tokens);
  const endOfTurn = markers.endOfTurn ?? parts.eotId;
  const special = {
    bos: parts.bosId ?? idByText(SOURCE, tokens, '<bos>'),
    eos: parts.eosId ?? idByText(SOURCE, tokens, '<eos>'),
    unk: parts.unknownId ?? idByText(SOURCE, tokens, '<unk>'),
    ...(pad >= 0 && { pad }),
    ...markers,
    ...(endOfTurn !== undefined && { endOfTurn }),
  };

  const gemmaKind = gemmaKinds(tokens);
  const isTurnMarker = (id: number) => id === special.startOfTurn || id === special.endOfTurn;
  const kindOf = (id: number): number => {
    const kind = gemmaKind?.(id);
    if (kind !== undefined) return kind;
    if (id === special.unk) return PieceKind.unknown;
    if (id === special.bos || id === special.eos || id === pad) return PieceKind.control;
    if (isTurnMarker(id)) return PieceKind.userDefined;
    const type = tokenTypes?.[id] ?? (/^<0x[0-9A-F]{2}>$/.test(tokens[id]!) ? PieceKind.byte : PieceKind.normal);
    if (type === PieceKind.unknown) return PieceKind.normal;
    return type === PieceKind.control ? PieceKind.userDefined : type;
  };
  // Not of the tokens themselves: an iterator makes an object for each of hundreds of thousands.
  const { length } = tokens;
  const kinds = Uint8Array.from({ length }, (_, id) => kindOf(id));
  return checkedVocabulary(SOURCE, {
    pieces: tokens.map((token, id) => canonicalPiece(token, kinds[id]!)),
    kinds,
    scores: Float32Array.from({ length }, (_, id) => (gemmaKind || !scores ? -id : scores[id]!)),
    special,
  });
}

function checkLength(name: string, values: ArrayLike<number> | undefined, expected: number): void {
  if (!values || values.length === expected) return;
  throw new MalformedVocabularyError(
    SOURCE,
    {
      en: `${name} has ${values.length} values for ${expected} tokens`,
      ja: `「${name}」の要素数が${values.length}で、トークン数${expected}と一致しません`,
    },
    { name, length: values.length, expected },
  );
}
