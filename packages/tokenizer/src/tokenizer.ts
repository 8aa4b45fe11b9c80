import { Encoder } from './encoder.ts';
import { type DecodeOptions, StreamDecoder } from './stream-decoder.ts';
import type { Vocabulary } from './vocabulary.ts';

export type EncodeOptions = {
  /** Put `<bos>` first. Default false. */
  readonly bos?: boolean;
  /**
   * What `<start_of_turn>` and `<end_of_turn>` in the text become: the ids of the markers, as in SentencePiece
   * (`control`, the default), or ordinary pieces (`text`), so that a text cannot end its turn and speak for another.
   */
  readonly turnMarkers?: 'control' | 'text';
};

/** Encodes and decodes with one vocabulary, exactly as SentencePiece does. */
export class Tokenizer {
  readonly vocabulary: Vocabulary;
  /** The ids that end an answer, `<eos>` and `<end_of_turn>`, as the vocabulary has them. */
  readonly stopIds: readonly number[];
  #encoder: Encoder | undefined;
  readonly #turnMarkers: readonly number[];

  constructor(vocabulary: Vocabulary) {
    const { eos, startOfTurn, endOfTurn } = vocabulary.special;
    this.vocabulary = vocabulary;
    this.stopIds = [...new Set([eos, endOfTurn ?? eos])];
    this.#turnMarkers = [startOfTurn, endOfTurn].filter((id) => id !== undefined);
  }

  /** Ids of a text, which is used as it is: nothing is trimmed or normalised. A lone surrogate counts as U+FFFD. */
  encode(text: string, { bos = false, turnMarkers = 'control' }: EncodeOptions = {}): number[] {
    // Made at its first use: it takes 10 MB with Gemma's vocabulary, and who converts a model needs none.
    this.#encoder ??= new Encoder(this.vocabulary);
    const ids = this.#encoder.encode(text, turnMarkers === 'text' ? this.#turnMarkers : []);
    if (bos) ids.unshift(this.vocabulary.special.bos);
    return ids;
  }

  /** Text of ids. Bytes that are not UTF-8 become U+FFFD each. @throws TokenIdError for an id outside the vocabulary */
  decode(ids: Iterable<number>, options?: DecodeOptions): string {
    const decoder = this.stream(options);
    let text = '';
    for (const id of ids) text += decoder.push(id);
    return text + decoder.flush();
  }

  /** A decoder for ids that come one by one. */
  stream(options?: DecodeOptions): StreamDecoder {
    return new StreamDecoder(this.vocabulary, options);
  }
}
