import { checkedVocabulary } from './check-vocabulary.ts';
import { MalformedVocabularyError, UnsupportedVocabularyError } from './errors.ts';
import { ABSENT } from './pair-table.ts';
import { PieceIndex } from './piece-index.ts';
import { bytePieceName, canonicalPiece, idByText, PieceKind, turnMarkerIds, type Vocabulary } from './vocabulary.ts';

const SOURCE = 'tokenizer.json';

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
type JsonObject = { readonly [key: string]: Json | undefined };

/**
 * Reads a Hugging Face `tokenizer.json` of a converted SentencePiece BPE model. The merge list gives the order of
 * merging, the added tokens the user-defined pieces. Encoding then follows SentencePiece, also where Hugging Face's
 * own library differs: `<bos>`, `<eos>`, `<pad>` and `<unk>` in a text are plain text.
 *
 * @throws MalformedVocabularyError where it is not JSON of that shape or contradicts itself
 * @throws UnsupportedVocabularyError unless it is BPE with byte fallback that changes nothing but spaces, as Gemma's is
 */
export function vocabularyFromHuggingFace(tokenizerJson: string | Uint8Array): Vocabulary {
  const file = objectAt(parse(tokenizerJson), 'the file');
  const model = objectAt(file.model, 'model');
  checkSettings(file, model);

  const added = readAddedTokens(file.added_tokens ?? []);
  const tokens = tokensById(objectAt(model.vocab, 'model.vocab'), added);
  const pad = tokens.indexOf('<pad>');
  const special = {
    bos: idByText(SOURCE, tokens, '<bos>'),
    eos: idByText(SOURCE, tokens, '<eos>'),
    unk: idByText(SOURCE, tokens, typeof model.unk_token === 'string' ? model.unk_token : '<unk>'),
    ...(pad >= 0 && { pad }),
    ...turnMarkerIds(tokens),
  };

  const kinds = new Uint8Array(tokens.length).fill(PieceKind.normal);
  for (const id of byteTokenIds(tokens)) kinds[id] = PieceKind.byte;
  for (const id of added.values()) kinds[id] = PieceKind.userDefined;
  for (const id of [special.bos, special.eos, pad]) if (id >= 0) kinds[id] = PieceKind.control;
  kinds[special.unk] = PieceKind.unknown;
  const pieces = tokens.map((token, id) => canonicalPiece(token, kinds[id]!));
  return checkedVocabulary(SOURCE, { pieces, kinds, scores: scoresByMerges(model.merges ?? null, tokens), special });
}

function parse(tokenizerJson: string | Uint8Array): Json {
  try {
    const text =
      typeof tokenizerJson === 'string'
        ? tokenizerJson
        : new TextDecoder('utf-8', { fatal: true }).decode(tokenizerJson);
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw malformed(`it is not JSON (${reason})`, `JSONとして解釈できません（「${reason}」）`);
  }
}

function checkSettings(file: JsonObject, model: JsonObject): void {
  const demand = (setting: string, found: Json | undefined, needed: Json) => {
    const shown = JSON.stringify(found ?? null);
    if (shown !== JSON.stringify(needed)) {
      throw new UnsupportedVocabularyError(SOURCE, setting, shown.slice(0, 200), JSON.stringify(needed));
    }
  };
  demand('model.type', model.type ?? 'BPE', 'BPE');
  demand('model.byte_fallback', model.byte_fallback, true);
  demand('model.ignore_merges', model.ignore_merges ?? false, false);
  demand('model.continuing_subword_prefix', model.continuing_subword_prefix || null, null);
  demand('model.end_of_word_suffix', model.end_of_word_suffix || null, null);
  demand('normalizer', file.normalizer, { type: 'Replace', pattern: { String: ' ' }, content: '▁' });
  // A split at spaces comes after the normaliser has replaced them all, and does nothing.
  const split = isObject(file.pre_tokenizer) && file.pre_tokenizer.type === 'Split' ? file.pre_tokenizer.pattern : null;
  if (file.pre_tokenizer) demand('pre_tokenizer', isObject(split) ? split : file.pre_tokenizer, { String: ' ' });
}

/** Ids of the added tokens by their text. */
function readAddedTokens(list: Json): Map<string, number> {
  const added = new Map<string, number>();
  for (const [index, entry] of arrayAt(list, 'added_tokens').entries()) {
    const { content, id } = objectAt(entry, `added_tokens[${index}]`);
    if (typeof content !== 'string' || typeof id !== 'number') {
      throw malformed(
        `added_tokens[${index}] lacks content or id`,
        `added_tokens[${index}]に「content」または「id」がありません`,
      );
    }
    added.set(content, id);
  }
  return added;
}

/** All tokens in the order of their ids, which must be 0, 1, 2, …, each once. */
function tokensById(vocab: JsonObject, added: ReadonlyMap<string, number>): string[] {
  const names = Object.keys(vocab);
  const extra = [...added.keys()].filter((name) => !Object.hasOwn(vocab, name));
  const count = names.length + extra.length;
  const tokens = new Array<string>(count);
  const place = (name: string, id: Json | undefined) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= count || tokens[id] !== undefined) {
      const shown = JSON.stringify(name);
      throw malformed(
        `token ${shown} has the id ${JSON.stringify(id)}; the ids of its ${count} tokens must be 0 to ${count - 1}, each once`,
        `トークン${shown}のIDが${JSON.stringify(id)}です。${count}個のトークンのIDは0から${count - 1}までを一度ずつ使う必要があります`,
      );
    }
    tokens[id] = name;
  };
  for (const name of names) place(name, vocab[name]);
  for (const name of extra) place(name, added.get(name));
  for (const [name, id] of added) if (tokens[id] !== name) place(name, id);
  return tokens;
}

/** The converter calls the byte piece of TAB by the character itself. */
function byteTokenIds(tokens: readonly string[]): number[] {
  const ids: number[] = [];
  tokens.forEach((token, id) => {
    if (/^<0x[0-9A-F]{2}>$/.test(token)) ids.push(id);
  });
  const tab = tokens.indexOf('\t');
  if (tab >= 0 && !tokens.includes(bytePieceName(9))) ids.push(tab);
  return ids;
}

/** The list names every way to make a piece, best piece first, so a piece's place is where it first appears. */
function scoresByMerges(list: Json, tokens: readonly string[]): Float32Array {
  const index = new PieceIndex(tokens);
  for (let id = 0; id < tokens.length; id++) index.add(id);
  const scores = new Float32Array(tokens.length).fill(Number.NEGATIVE_INFINITY);
  let ranked = 0;
  const merges = arrayAt(list, 'model.merges');
  for (let rank = 0; rank < merges.length; rank++) {
    const merge = merges[rank]!;
    const parts = typeof merge === 'string' ? merge.split(' ') : arrayAt(merge, `model.merges[${rank}]`);
    const [left, right] = parts;
    const areTexts = parts.length === 2 && typeof left === 'string' && typeof right === 'string';
    const id = areTexts ? index.find(left, right) : ABSENT;
    if (id === ABSENT) {
      throw malformed(
        `model.merges[${rank}] is not two parts of a token`,
        `model.merges[${rank}]がトークンの2つの部分になっていません`,
        { rank },
      );
    }
    if (scores[id] === Number.NEGATIVE_INFINITY) scores[id] = -ranked++;
  }
  return scores;
}

function malformed(en: string, ja: string, details = {}): MalformedVocabularyError {
  return new MalformedVocabularyError(SOURCE, { en, ja }, details);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectAt(value: Json | undefined, name: string): JsonObject {
  if (!isObject(value))
    throw malformed(`${name} is not an object`, `「${name}」がオブジェクトではありません`, { name });
  return value;
}

function arrayAt(value: Json, name: string): readonly Json[] {
  if (!Array.isArray(value)) throw malformed(`${name} is not a list`, `「${name}」が配列ではありません`, { name });
  return value;
}
