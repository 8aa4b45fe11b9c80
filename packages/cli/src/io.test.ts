import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { InterruptedError } from './errors.ts';
import { type Io, note, print } from './io.ts';

const ioWith = (output: Writable & { isTTY?: boolean }, signal = new AbortController().signal): Io => ({
  stdin: new PassThrough(),
  stdout: output,
  stderr: output,
  env: {},
  signal,
});

const failing = (code: string) =>
  new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })),
  }).on('error', () => {});

const written = (output: PassThrough) => String(output.read() ?? '');

describe('print', () => {
  it('waits for the reader', async () => {
    let read: () => void = () => {};
    const slow = new Writable({
      write(_chunk, _encoding, done) {
        read = done;
      },
    });
    let printed = false;
    const printing = print(ioWith(slow), 'tea').then(() => {
      printed = true;
    });
    await new Promise(setImmediate);
    expect(printed).toBe(false);
    read();
    await printing;
  });

  it('stops waiting when the command is stopped', async () => {
    const stop = new AbortController();
    const stuck = new Writable({ write() {} });
    const printing = print(ioWith(stuck, stop.signal), 'tea');
    stop.abort(new InterruptedError());
    await expect(printing).rejects.toBeInstanceOf(InterruptedError);
  });

  it('tells a reader that has gone from a disk that is full', async () => {
    await expect(print(ioWith(failing('EPIPE')), 'tea')).rejects.toMatchObject({ code: 'output-closed' });
    await expect(print(ioWith(failing('ENOSPC')), 'tea')).rejects.toMatchObject({
      code: 'output-failed',
      details: { reason: 'ENOSPC' },
    });
  });

  it('keeps every character for a pipe, and control characters from a terminal', async () => {
    const text = 'tea\x1b[2J\x9b\t茶\n';
    const pipe = new PassThrough();
    await print(ioWith(pipe), text);
    expect(written(pipe)).toBe(text);
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    await print(ioWith(terminal), text);
    expect(written(terminal)).toBe('tea[2J\t茶\n');
  });
});

describe('note', () => {
  it('is a line without control characters', () => {
    const output = new PassThrough();
    note(ioWith(output), 'tea\x07');
    expect(written(output)).toBe('tea\n');
  });
});
