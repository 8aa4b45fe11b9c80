import { isTamaError } from '@tama/errors';
import { Tokenizer, type Vocabulary, vocabularyFromHuggingFace, vocabularyFromSentencePiece } from '@tama/tokenizer';
import { atMost } from '../expectation.ts';
import type { ByteFolder, ByteSource } from '../storage/byte-source.ts';
import { FileMissingError } from '../storage/storage-errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { MalformedFileError } from './checkpoint-errors.ts';
import { words } from './field.ts';

/** Gemma's files have 4 and 17.5 MB. */
const SIZE_LIMIT = 48 * 2 ** 20;

const SENTENCEPIECE_FILES = ['tokenizer.model', 'assets/tokenizer/vocabulary.spm', 'vocabulary.spm'];
const HUGGING_FACE_FILE = 'tokenizer.json';

export type FolderTokenizerOptions = {
  /** Of a Keras preset, `tokenizer.json` is something else than a vocabulary. Default: `huggingFace`. */
  readonly style?: 'huggingFace' | 'keras';
  /** Of the embedding: more than the SentencePiece model has pieces where a fine-tune has added tokens. */
  readonly rows?: number;
};

/**
 * How to read the vocabulary that lies in a folder; `undefined` if none does. The exact SentencePiece model comes first:
 * `tokenizer.json` holds the same table four times as large. Only tokens that a fine-tune has added are in no other file.
 */
export async function folderTokenizer(
  folder: ByteFolder,
  signal?: AbortSignal,
  { style = 'huggingFace', rows = 0 }: FolderTokenizerOptions = {},
): Promise<Checkpoint['tokenizer'] | undefined> {
  const hasHuggingFace = style === 'huggingFace' && (await exists(folder, HUGGING_FACE_FILE, signal));
  const fromHuggingFace = async (later?: AbortSignal) =>
    vocabularyFromHuggingFace(await readFile(folder, HUGGING_FACE_FILE, later));
  for (const path of SENTENCEPIECE_FILES)
    if (await exists(folder, path, signal))
      return async (later) => {
        const exact = vocabularyFromSentencePiece(await readFile(folder, path, later));
        const mayHaveGrown = hasHuggingFace && exact.pieces.length < rows;
        return new Tokenizer((mayHaveGrown && (await grown(exact, rows, () => fromHuggingFace(later)))) || exact);
      };
  return hasHuggingFace ? async (later) => new Tokenizer(await fromHuggingFace(later)) : undefined;
}

/** The vocabulary with a fine-tune's tokens, where the other file has them. Rows may also be there to fill up a block. */
async function grown(
  { pieces }: Vocabulary,
  rows: number,
  read: () => Promise<Vocabulary>,
): Promise<Vocabulary | undefined> {
  try {
    const found = await read();
    return found.pieces.length > pieces.length && found.pieces.length <= rows ? found : undefined;
  } catch (error) {
    if (isTamaError(error)) return undefined; // The model can do without.
    throw error;
  }
}

async function exists(folder: ByteFolder, path: string, signal?: AbortSignal): Promise<boolean> {
  const source = await folder.open(path, signal);
  await source?.close?.();
  return source !== undefined;
}

async function readFile(folder: ByteFolder, path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const source = await folder.open(path, signal);
  if (!source) throw new FileMissingError(path, folder.name);
  try {
    return await readAll(source, signal);
  } finally {
    await source.close?.();
  }
}

function readAll(source: ByteSource, signal?: AbortSignal): Promise<Uint8Array> {
  if (source.size > SIZE_LIMIT)
    throw new MalformedFileError(
      source.name,
      { en: 'tokenizer', ja: 'トークナイザー' },
      words.size,
      source.size,
      atMost(SIZE_LIMIT),
    );
  return source.read(0, source.size, signal);
}
