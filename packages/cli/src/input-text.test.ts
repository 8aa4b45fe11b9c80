import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inputLines, inputText } from './input-text.ts';
import type { Io } from './io.ts';

function ioWith(chunks: readonly (string | Uint8Array)[], signal = new AbortController().signal): Io {
  const stdin = new PassThrough({ objectMode: true }); // keeps the pieces apart
  for (const chunk of chunks) stdin.write(Buffer.from(chunk));
  if (!signal.aborted) stdin.end();
  return { stdin, stdout: new PassThrough(), stderr: new PassThrough(), env: {}, signal };
}

async function linesOf(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const found: string[] = [];
  for await (const lines of inputLines(ioWith(chunks)))
    for (const line of lines) found.push(Buffer.from(line).toString());
  return found;
}

describe('inputLines', () => {
  it('cuts at line feeds wherever the pieces are cut', async () => {
    const text = 'one\ntwo\u2028still two\n\n茶\r\nlast';
    const bytes = Buffer.from(text);
    const expected = ['one', 'two\u2028still two', '', '茶\r', 'last'];
    expect(await linesOf(text)).toEqual(expected);
    expect(await linesOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('gives no line after the last line feed, and none for no input', async () => {
    expect(await linesOf('a\n')).toEqual(['a']);
    expect(await linesOf()).toEqual([]);
  });

  it('gives lines as soon as they are complete', async () => {
    const lines = inputLines(ioWith(['a\nb\nc', 'd\n']));
    expect((await lines.next()).value?.map(String)).toHaveLength(2);
    expect((await lines.next()).value).toEqual([Buffer.from('cd')]);
  });

  it('joins one line of a hundred thousand pieces in linear time', async () => {
    const start = process.threadCpuUsage();
    const [line] = await linesOf(...Array.from({ length: 100_000 }, () => 'x'));
    expect(line).toHaveLength(100_000);
    expect(process.threadCpuUsage(start).user / 1e6).toBeLessThan(5); // 0.2 s; quadratic copying takes minutes
  });
});

describe('inputText', () => {
  it('joins characters that were cut', async () => {
    const bytes = Buffer.from('お茶');
    expect(await inputText(ioWith([bytes.subarray(0, 1), bytes.subarray(1, 5), bytes.subarray(5)]))).toBe('お茶');
  });

  it('refuses what is not UTF-8', async () => {
    await expect(inputText(ioWith([Uint8Array.of(0x82, 0xa0)]))).rejects.toMatchObject({ code: 'not-utf-8' });
  });

  it('stops waiting when the command is stopped', async () => {
    const stop = new AbortController();
    const stdin = new PassThrough();
    const reading = inputText({ ...ioWith([], stop.signal), stdin });
    stop.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow();
  });
});
