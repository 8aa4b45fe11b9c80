import { Tokenizer, vocabularyFromHuggingFace, vocabularyFromSentencePiece } from '@tama/tokenizer';
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

/**
 * How to read the vocabulary that lies in a folder; `undefined` if none does. The exact SentencePiece model comes first:
 * `tokenizer.json` holds the same table four times as large, and in a Keras preset is something else.
 */
export async function folderTokenizer(
  folder: ByteFolder,
  signal?: AbortSignal,
  style: 'huggingFace' | 'keras' = 'huggingFace',
): Promise<Checkpoint['tokenizer'] | undefined> {
  for (const path of SENTENCEPIECE_FILES)
    if (await exists(folder, path, signal))
      return async (later) => new Tokenizer(vocabularyFromSentencePiece(await readFile(folder, path, later)));
  if (style === 'huggingFace' && (await exists(folder, HUGGING_FACE_FILE, signal)))
    return async (later) => new Tokenizer(vocabularyFromHuggingFace(await readFile(folder, HUGGING_FACE_FILE, later)));
  return undefined;
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
