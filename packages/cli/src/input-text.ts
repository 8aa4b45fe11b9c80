import { NotUtf8Error } from './errors.ts';
import { type Io, inputBytes } from './io.ts';

/** All of standard input as text, to the last newline. */
export async function inputText(io: Io): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of inputBytes(io)) chunks.push(chunk);
  return decodeUtf8(Buffer.concat(chunks));
}

/**
 * The lines of standard input as bytes, without their newline: those that are complete after each piece that arrives.
 * Only a line feed ends a line, so a JSON string may hold U+2028. The time is linear in the input however it is cut.
 */
export async function* inputLines(io: Io): AsyncGenerator<readonly Uint8Array[]> {
  let open: Uint8Array[] = []; // pieces of the line whose end has not come yet
  for await (const chunk of inputBytes(io)) {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      lines.push(Buffer.concat([...open, chunk.subarray(start, end)]));
      open = [];
      start = end + 1;
    }
    if (start < chunk.length) open.push(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (open.length > 0) yield [Buffer.concat(open)];
}

const lineFeed = 0x0a;

/** @throws {NotUtf8Error} */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new NotUtf8Error({ cause });
  }
}
