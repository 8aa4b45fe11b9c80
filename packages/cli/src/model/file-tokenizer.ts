import type { ByteFolder, ByteSource } from '@tama/core';
import {
  MalformedVocabularyError,
  Tokenizer,
  vocabularyFromHuggingFace,
  vocabularyFromSentencePiece,
} from '@tama/tokenizer';

/** Gemma's own files have 4 and 17.5 MB. */
const largestVocabulary = 64 * 2 ** 20;

/** The tokenizer that came with a checkpoint. Closes the source. @throws {TokenizerMissingError} */
export async function checkpointTokenizer(source: ByteSource | ByteFolder, signal: AbortSignal): Promise<Tokenizer> {
  const { openCheckpoint, TokenizerMissingError } = await import('@tama/core');
  const checkpoint = await openCheckpoint(source, { signal });
  try {
    if (!checkpoint.tokenizer) throw new TokenizerMissingError(checkpoint.name);
    return await checkpoint.tokenizer(signal);
  } finally {
    await checkpoint.close();
  }
}

/** The tokenizer of a vocabulary file, recognised by its content. Closes the source. */
export async function fileTokenizer(source: ByteSource | ByteFolder, signal: AbortSignal): Promise<Tokenizer> {
  if ('open' in source) return checkpointTokenizer(source, signal);
  const start = Buffer.from(await source.read(0, Math.min(64, source.size), signal)).toString('latin1');
  if (start.startsWith('GGUF')) return ggufTokenizer(source, signal);
  try {
    const isJson = /^\s*\{/.test(start);
    const { size } = source;
    if (size > largestVocabulary) throw tooLarge(isJson ? 'tokenizer.json' : 'tokenizer.model', size);
    const bytes = await source.read(0, size, signal);
    return new Tokenizer(isJson ? vocabularyFromHuggingFace(bytes) : vocabularyFromSentencePiece(bytes));
  } finally {
    await source.close?.();
  }
}

/** A file may hold nothing but a vocabulary; and of a model in parts, the first has it. */
async function ggufTokenizer(source: ByteSource, signal: AbortSignal): Promise<Tokenizer> {
  const { readGgufTokenizer } = await import('@tama/core');
  const found = await readGgufTokenizer(source, signal).catch(async (error) => {
    await source.close?.();
    throw error;
  });
  if (!found) return checkpointTokenizer(source, signal);
  await source.close?.();
  return found;
}

const tooLarge = (kind: 'tokenizer.json' | 'tokenizer.model', size: number) =>
  new MalformedVocabularyError(
    kind,
    {
      en: `it has ${size} bytes, and no vocabulary of Gemma has more than ${largestVocabulary}`,
      ja: `${size}バイトありますが、Gemmaの語彙は${largestVocabulary}バイトを超えません`,
    },
    { size },
  );
