import { Tokenizer, UnsupportedVocabularyError, vocabularyFromGguf } from '@tama/tokenizer';
import { number } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { MalformedFileError } from '../checkpoint-errors.ts';
import { readGgufMetadata } from './gguf-file.ts';
import { type GgufMetadata, readNumbers, readStrings } from './gguf-metadata.ts';

const PREFIX = 'tokenizer.ggml.';

/**
 * The tokenizer in a GGUF file, be it a whole model, the first part of one, or a vocabulary alone; `undefined` if there
 * is none. The source stays open.
 */
export async function readGgufTokenizer(source: ByteSource, signal?: AbortSignal): Promise<Tokenizer | undefined> {
  return ggufTokenizer(source, await readGgufMetadata(source, signal))?.(signal);
}

/** How to read the vocabulary in a GGUF header; `undefined` if it has none. The arrays stay on disk until then. */
export function ggufTokenizer(
  source: ByteSource,
  { values, arrays }: GgufMetadata,
): Checkpoint['tokenizer'] | undefined {
  const tokens = arrays.get(`${PREFIX}tokens`);
  if (!tokens) return undefined;
  const id = <Key extends string>(key: Key, name: string): { readonly [K in Key]?: number } => {
    const field = `${PREFIX}${name}_token_id`;
    const value = values[field];
    if (value === undefined) return {};
    if (typeof value === 'number') return { [key]: value } as { readonly [K in Key]: number };
    throw new MalformedFileError(source.name, 'GGUF', field, String(value), number);
  };
  return async (signal) => {
    const model = values[`${PREFIX}model`];
    if (model !== undefined && model !== 'llama')
      throw new UnsupportedVocabularyError('GGUF', `${PREFIX}model`, String(model), 'llama');
    const scores = arrays.get(`${PREFIX}scores`);
    const types = arrays.get(`${PREFIX}token_type`);
    const vocabulary = vocabularyFromGguf({
      tokens: await readStrings(source, tokens, signal),
      ...(scores && { scores: await readNumbers(source, scores, signal) }),
      ...(types && { tokenTypes: await readNumbers(source, types, signal) }),
      ...id('bosId', 'bos'),
      ...id('eosId', 'eos'),
      ...id('unknownId', 'unknown'),
      ...id('padId', 'padding'),
      ...id('eotId', 'eot'),
    });
    return new Tokenizer(vocabulary);
  };
}
