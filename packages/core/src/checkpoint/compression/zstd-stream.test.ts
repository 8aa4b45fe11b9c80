/// <reference types="node" />
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { isTamaError } from '@tama/errors';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memorySource } from '../../storage/memory-source.ts';
import { seededRandom } from '../../testing/random.ts';
import { BinaryReader } from '../binary-reader.ts';
import { zstdContent } from './zstd-stream.ts';
import { zstdWasm } from './zstd-wasm.ts';

const stream = (bytes: Uint8Array) => zstdContent(new BinaryReader(memorySource('chunk', bytes), 'zstd'));

async function decompress(bytes: Uint8Array, limit = Infinity): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream(bytes)) {
    parts.push(part.slice());
    length += part.length;
    if (length > limit) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}

const random = seededRandom(11);
const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** Weights as checkpoints hold them: bfloat16 of a normal distribution, hardly compressible but for the exponents. */
const bfloat16Weights = (count: number) => {
  const values = Float32Array.from({ length: count }, () => gaussian() * 0.02);
  return new Uint8Array(Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16).buffer);
};
const words = ['gemma', 'の', 'layer', ' ', '\n', 'attention', 'norm', '0', '1', 'x'];
const text = (count: number) =>
  new TextEncoder().encode(
    Array.from({ length: count }, () => words[Math.floor(random() ** 2 * words.length)]).join(''),
  );

const contents: Record<string, Uint8Array> = {
  nothing: new Uint8Array(0),
  'one byte': Uint8Array.of(7),
  'a few bytes': text(5),
  text: text(80_000),
  'long repetitions': new Uint8Array(1_000_000).map((_, i) => (i % 70_001) >> 8),
  'one byte repeated': new Uint8Array(500_000).fill(3),
  'bfloat16 weights': bfloat16Weights(300_000),
  'bytes without any pattern': Uint8Array.from({ length: 300_000 }, () => random() * 256),
  'few different bytes': Uint8Array.from({ length: 200_000 }, () => random() ** 6 * 5),
  'far repetitions': (() => {
    const noise = Uint8Array.from({ length: 400_000 }, () => random() * 256);
    return new Uint8Array(Buffer.concat([noise, noise.subarray(1000, 200_000), noise]));
  })(),
};

describe('zstdContent', () => {
  it.each(Object.keys(contents))('gives back %s, whatever the level, window and flags', async (name) => {
    const content = contents[name]!;
    const { ZSTD_c_compressionLevel: level, ZSTD_c_windowLog: window, ZSTD_c_checksumFlag: checksum } = constants;
    for (const params of [
      { [level]: -5 },
      { [level]: 1 },
      { [level]: 3, [checksum]: 1 },
      { [level]: 9, [window]: 10 },
      { [level]: 19 },
    ]) {
      const compressed = zstdCompressSync(content, { params });
      expect(Buffer.compare(await decompress(compressed), content), JSON.stringify(params)).toBe(0);
    }
  });

  it('reads frames one after the other, and skips what is to be skipped', async () => {
    const skippable = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const joined = Buffer.concat([zstdCompressSync('begin and '), skippable, zstdCompressSync('end')]);
    expect(Buffer.from(await decompress(joined)).toString()).toBe('begin and end');
  });

  it.each([
    ['another magic number', Buffer.from('not a frame'), 'checkpoint-damaged-data'],
    ['another frame after the first', Buffer.concat([zstdCompressSync('x'), text(2)]), 'checkpoint-damaged-data'],
    ['the rest of a header', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 17 << 3, 1]), 'checkpoint-truncated'],
    ['a window of 128 MiB', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 1, 0, 0]), 'checkpoint-unsupported'],
    ['a window of 3.75 TiB', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 1, 0, 0]), 'checkpoint-unsupported'],
    ['a dictionary', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 0, 9, 1, 0, 0]), 'checkpoint-damaged-data'],
    ['a frame that is cut off', zstdCompressSync(text(1000)).subarray(0, -3), 'checkpoint-truncated'],
    ['something to be skipped that is not there', Buffer.from('502a4d18ffffffff', 'hex'), 'checkpoint-truncated'],
    // 27 bytes whose Huffman weights are coded by a state that takes no bits: fzstd 0.1.1 never returns from them.
    [
      'a code of no bits',
      Buffer.from('28b52ffd 2014 950000 428103 0a f003 00000000000000ff 010101 00'.replaceAll(' ', ''), 'hex'),
      'checkpoint-damaged-data',
    ],
  ])('refuses %s', async (_, bytes, code) => {
    await expect(decompress(bytes)).rejects.toSatisfy((error) => isTamaError(error, code));
  });

  it.each([0, 1, 2 ** 17 - 7, 2 ** 17, 2 ** 18])(
    'verifies the checksum before it gives the last of %i bytes',
    async (length) => {
      const content = Uint8Array.from({ length }, () => random() * 256);
      const compressed = zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
      compressed[compressed.length - 1]! ^= 1;
      let given = 0;
      const reading = async () => {
        for await (const piece of stream(compressed)) given += piece.length;
      };
      await expect(reading()).rejects.toSatisfy((error) => isTamaError(error, 'checkpoint-damaged-data'));
      expect(given).toBeLessThanOrEqual(Math.max(0, length - 1));
      compressed[compressed.length - 1]! ^= 1;
      expect(Buffer.compare(await decompress(compressed), content)).toBe(0);
      await expect(decompress(compressed.subarray(0, -4))).rejects.toSatisfy((error) =>
        isTamaError(error, 'checkpoint-truncated'),
      );
    },
  );

  it('keeps streams apart that are read by turns, one of them after others have stopped half way', async () => {
    const names = ['far repetitions', 'text', 'bfloat16 weights', 'long repetitions'];
    const readings = names.map((name) => ({
      name,
      pieces: stream(zstdCompressSync(contents[name]!)),
      got: [] as Uint8Array[],
    }));
    const bytesOf = (got: readonly Uint8Array[]) => got.reduce((total, { length }) => total + length, 0);
    for (let open = readings; open.length > 0; ) {
      const going: typeof open = [];
      for (const reading of open) {
        const abandoned = stream(zstdCompressSync(contents['far repetitions']!));
        await abandoned.next();
        await abandoned.return(undefined);
        const { value } = await reading.pieces.next();
        if (value) going.push({ ...reading, got: [...reading.got, value.slice()] });
        else expect(Buffer.compare(Buffer.concat(reading.got), contents[reading.name]!), reading.name).toBe(0);
        expect(bytesOf(reading.got)).toBeLessThanOrEqual(contents[reading.name]!.length);
      }
      open = going;
    }
  });

  it('takes the window and less than a megabyte, however long the content is', async () => {
    vi.resetModules();
    const { takeZstdDecoder } = await import('./zstd-decoder.ts');
    const decoder = await takeZstdDecoder('chunk');
    expect(decoder.memory.buffer.byteLength).toBeLessThan(2 ** 19);
    for (const window of [2 ** 10, 2 ** 19, 2 ** 23]) {
      expect(decoder.begin(window)).toBe(1);
      expect(decoder.memory.buffer.byteLength).toBeLessThan(window + 2 ** 20);
    }
  });

  it('uses memories again that streams have left: at their end, before it, or with an error', async () => {
    const instantiate = vi.spyOn(WebAssembly, 'instantiate');
    const compressed = zstdCompressSync(contents['bfloat16 weights']!);
    for (let i = 0; i < 50; i++) {
      const together = Array.from({ length: 5 }, () => stream(compressed));
      for (const pieces of together) await pieces.next();
      for (const pieces of together.slice(1)) await pieces.return(undefined);
      for await (const _ of together[0]!);
      await expect(decompress(compressed.subarray(0, -1))).rejects.toThrow();
    }
    expect(instantiate.mock.calls.length).toBeLessThan(50);
    instantiate.mockRestore();
  });

  it('gives nothing to other streams that a fault of libzstd has left', async () => {
    vi.resetModules();
    const fresh = await import('./zstd-stream.ts');
    const instantiate = vi.spyOn(WebAssembly, 'instantiate');
    instantiate.mockImplementationOnce(async (module) => {
      instantiate.mockRestore();
      const { exports } = (await WebAssembly.instantiate(module)) as unknown as WebAssembly.Instance;
      const decode = () => {
        throw new WebAssembly.RuntimeError('unreachable');
      };
      return { exports: { ...exports, decode } } as never;
    });
    const reading = () =>
      fresh.zstdContent(new BinaryReader(memorySource('chunk', zstdCompressSync('sound')), 'zstd')).next();
    await expect(reading()).rejects.toSatisfy((error) => isTamaError(error, 'checkpoint-damaged-data'));
    expect(Buffer.from((await reading()).value!).toString()).toBe('sound');
  });

  // Node has zstd's own C code, a second implementation. Every case is one of these frames with up to three of its bytes
  // changed, by a bit or altogether, half of them near the start, where the headers and tables are.
  it('accepts nothing that the reference refuses, and gives what it gives', { timeout: 600_000 }, async () => {
    const { ZSTD_c_compressionLevel: level, ZSTD_c_windowLog: window } = constants;
    const noise = Uint8Array.from({ length: 3000 }, () => random() * 256);
    const frames = [
      text(3000),
      text(60),
      bfloat16Weights(4000),
      bfloat16Weights(100),
      contents['few different bytes']!.subarray(0, 9000),
      new Uint8Array(30_000).map((_, i) => (i % 7001) >> 5),
      new Uint8Array(2000).fill(7),
      new Uint8Array(Buffer.concat([noise, noise.subarray(100, 2000), noise])),
    ].flatMap((content) =>
      [{ [level]: -5 }, { [level]: 1 }, { [level]: 3 }, { [level]: 9, [window]: 10 }, { [level]: 19 }].map((params) =>
        zstdCompressSync(content, { params }),
      ),
    );
    const cases = Number(process.env.TAMA_FUZZ_CASES ?? 3000);
    const found = { bothAccept: 0, bothRefuse: 0, onlyTheReferenceAccepts: 0, onlyWeAccept: 0 };
    for (let i = 0; i < cases; i++) {
      const damaged = Buffer.from(frames[i % frames.length]!);
      for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
        const at = Math.floor(random() ** (random() < 0.5 ? 1 : 3) * damaged.length);
        damaged[at] = random() < 0.5 ? random() * 256 : damaged[at]! ^ (1 << Math.floor(random() * 8));
      }
      let expected: Uint8Array | undefined;
      try {
        expected = zstdDecompressSync(damaged, { maxOutputLength: 2 ** 20 });
      } catch {}
      let actual: Uint8Array | undefined;
      try {
        actual = await decompress(damaged, 2 ** 20);
      } catch (error) {
        if (!isTamaError(error)) throw error;
      }
      if (actual && expected && Buffer.compare(actual, expected) !== 0) expect.fail(damaged.toString('hex'));
      if (actual && !expected && actual.length <= 2 ** 20)
        expect.fail(`the reference refuses ${damaged.toString('hex')}`);
      if (actual) found[expected ? 'bothAccept' : 'onlyWeAccept']++;
      else found[expected ? 'onlyTheReferenceAccepts' : 'bothRefuse']++;
    }
    // The same libzstd refuses more where words have 32 bits: its Huffman decoder for 64 does not look whether streams end
    // where they say. And Node takes a frame that stops short for a whole one, and windows above 8 MiB.
    expect(found.onlyTheReferenceAccepts).toBeLessThan(0.09 * cases);
    expect(found.bothAccept).toBeGreaterThan(0.15 * cases);
    expect(found.bothRefuse).toBeGreaterThan(0.3 * cases);
  });
});

describe('where WebAssembly is forbidden or missing', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each([
    ['forbidden', { compile: () => Promise.reject(new WebAssembly.CompileError('Refused by a policy')) }],
    ['missing', undefined],
  ])('says what to do: %s', async (_, substitute) => {
    vi.resetModules();
    const fresh = await import('./zstd-stream.ts');
    vi.stubGlobal('WebAssembly', substitute);
    const pieces = fresh.zstdContent(new BinaryReader(memorySource('chunk', zstdCompressSync('x')), 'zstd'));
    const error = await pieces.next().catch((reason: unknown) => reason);
    if (!isTamaError(error, 'webassembly-unavailable')) throw error;
    expect(error.texts.en.remedy).toContain("'wasm-unsafe-eval'");
    expect(error.texts.ja.remedy).toContain("'wasm-unsafe-eval'");
  });
});

describe('zstd-wasm.ts', () => {
  it('holds what scripts/zstd/build.ts makes of the pinned source, and imports nothing', async () => {
    const pinned = JSON.parse(readFileSync(new URL('../../../scripts/zstd/pinned.json', import.meta.url), 'utf8'));
    const bytes = Buffer.from(zstdWasm, 'base64');
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(pinned.wasm);
    expect(WebAssembly.Module.imports(await WebAssembly.compile(bytes))).toEqual([]);
  });
});
