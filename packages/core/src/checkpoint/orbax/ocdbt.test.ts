import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../storage/byte-source.ts';
import { httpFolder } from '../../storage/http-source.ts';
import { memoryFolder } from '../../storage/memory-source.ts';
import { nodeFolder } from '../../storage/node-file-source.ts';
import { fixture } from '../../testing/fixtures.ts';
import { folderFiles } from '../../testing/folder-files.ts';
import { byRange, serve } from '../../testing/model-server.ts';
import { seededRandom } from '../../testing/random.ts';
import { crc32c } from './crc32c.ts';
import { openOcdbt } from './ocdbt.ts';

const NODE = 0x0cdb20de;
const MANIFEST = 0x0cdb3a2a;

const ascii = (text: string) => [...new TextEncoder().encode(text)];
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}
const column = (values: readonly number[]) => values.flatMap(varint);

/** Header, body, checksum; not compressed. */
function envelope(magic: number, body: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(12 + 2 + body.length + 4);
  bytes.set(body, 14);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setBigUint64(4, BigInt(bytes.length), true);
  return withChecksum(bytes);
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32c(bytes.subarray(0, -4)), true);
  return bytes;
}

/** Texts whose beginnings are shared with the one before: prefix lengths, suffix lengths, suffixes. */
function sharing(texts: readonly string[]) {
  const prefixes = texts.map((text, i) => {
    let shared = 0;
    while (i > 0 && shared < text.length && text[shared] === texts[i - 1]![shared]) shared++;
    return shared;
  });
  const suffixes = texts.map((text, i) => text.slice(prefixes[i]!));
  return {
    prefixes: column(prefixes.slice(1)),
    lengths: column(suffixes.map(({ length }) => length)),
    text: suffixes.flatMap(ascii),
  };
}

type FileOf = { readonly path: string; readonly base?: number };
function fileTable(files: readonly FileOf[]): number[] {
  const { prefixes, lengths, text } = sharing(files.map(({ path }) => path));
  return [...varint(files.length), ...prefixes, ...lengths, ...column(files.map(({ base = 0 }) => base)), ...text];
}

type Leaf = {
  readonly key: string;
  readonly value: string | { readonly file: number; readonly offset: number; readonly length: number };
};
function leaf(files: readonly FileOf[], entries: readonly Leaf[], height = 0): Uint8Array {
  const keys = sharing(entries.map(({ key }) => key));
  const values = entries.map(({ value }) => value);
  const away = values.filter((value) => typeof value !== 'string');
  return envelope(NODE, [
    height,
    ...fileTable(files),
    ...varint(entries.length),
    ...keys.prefixes,
    ...keys.lengths,
    ...keys.text,
    ...column(values.map(({ length }) => length)),
    ...values.map((value) => (typeof value === 'string' ? 0 : 1)),
    ...column(away.map(({ file }) => file)),
    ...column(away.map(({ offset }) => offset)),
    ...values.flatMap((value) => (typeof value === 'string' ? ascii(value) : [])),
  ]);
}

type Child = {
  readonly key: string;
  readonly shared: number;
  readonly file: number;
  readonly offset: number;
  readonly length: number;
};
const extents = (children: readonly Omit<Child, 'key' | 'shared'>[]) => [
  ...column(children.map(({ file }) => file)),
  ...column(children.map(({ offset }) => offset)),
  ...column(children.map(({ length }) => length)),
  ...column(children.flatMap(() => [0, 0, 0])),
];
function interior(files: readonly FileOf[], children: readonly Child[], height = 1): Uint8Array {
  const keys = sharing(children.map(({ key }) => key));
  return envelope(NODE, [
    height,
    ...fileTable(files),
    ...varint(children.length),
    ...keys.prefixes,
    ...keys.lengths,
    ...column(children.map(({ shared }) => shared)),
    ...keys.text,
    ...extents(children),
  ]);
}

function manifest(
  files: readonly FileOf[],
  root: { readonly height: number; readonly file: number; readonly offset: number; readonly length: number },
  kind = 0,
): Uint8Array {
  const body = [
    ...new Array<number>(16).fill(7),
    ...varint(kind),
    ...varint(1024),
    ...varint(8 << 20),
    4,
    ...varint(0),
    ...fileTable(files),
  ];
  return envelope(MANIFEST, [...body, 1, 1, root.height, ...extents([root]), ...new Array<number>(8).fill(0)]);
}

/** A tree of two levels whose leaf lies in another folder and names its files relative to that. */
function database(
  change: { readonly manifest?: Uint8Array; readonly root?: Uint8Array; readonly leaf?: Uint8Array } = {},
): Map<string, Uint8Array> {
  const bottom =
    change.leaf ??
    leaf(
      [{ path: 'd/values' }],
      [
        { key: 'norm/.zarray', value: '{"a":1}' },
        { key: 'norm/0', value: { file: 0, offset: 2, length: 3 } },
      ],
    );
  const root =
    change.root ??
    interior(
      [{ path: 'p/d/leaf', base: 2 }],
      [{ key: 'layer_0/norm', shared: 8, file: 0, offset: 0, length: bottom.length }],
    );
  return new Map([
    [
      'manifest.ocdbt',
      change.manifest ?? manifest([{ path: 'd/root' }], { height: 1, file: 0, offset: 0, length: root.length }),
    ],
    ['d/root', root],
    ['p/d/leaf', bottom],
    ['p/d/values', Uint8Array.of(0, 0, 5, 6, 7, 0)],
  ]);
}

const open = (files: ReadonlyMap<string, Uint8Array>) => openOcdbt(memoryFolder('db', files), []);
const read = async (source: ByteSource | undefined) => source && [...(await source.read(0, source.size))];

describe('openOcdbt', () => {
  it('finds keys below their prefix, values in nodes and in files, and files below their base', async () => {
    const store = await open(database());
    expect(await store.arrayNames()).toEqual(['layer_0/norm']);
    expect(await read(await store.get('layer_0/norm/.zarray'))).toEqual(ascii('{"a":1}'));
    expect(await read(await store.get('layer_0/norm/0'))).toEqual([5, 6, 7]);
    expect(await store.get('layer_0/norm/1')).toBeUndefined();
  });

  it('says which file is cut off where a value reaches past its end', async () => {
    await expect(open(database().set('p/d/values', Uint8Array.of(0, 0, 5, 6)))).rejects.toMatchObject({
      code: 'checkpoint-truncated',
      details: { file: 'p/d/values', field: 'layer_0/norm/0', needed: 5, size: 4 },
    });
  });

  it('reads what Orbax has written, and closes its files', async () => {
    const closing: ByteSource[] = [];
    const store = await openOcdbt(nodeFolder(fixture('tiny/orbax_ocdbt')), closing);
    expect(await store.arrayNames()).toHaveLength(2 + 4 * 9);
    expect(closing.length).toBeGreaterThan(1);
    for (const source of closing) await source.close?.();
  });

  it.each(['orbax_ocdbt', 'orbax_ocdbt_zarr3', 'orbax_ocdbt_transposed_gating'])(
    'notices on opening, with a request a file, that one of %s is cut off',
    async (name) => {
      const files = folderFiles(fixture(`tiny/${name}`));
      const served = new Map(Object.entries(files));
      const server = await serve((request, response) => {
        const file = served.get(request.url!.slice(1));
        if (file) byRange(file)(request, response);
        else response.writeHead(404).end();
      });
      try {
        await openOcdbt(httpFolder(server.url), []);
        // The request that opens a file; reading what is in it takes others.
        const opened = server.requests.flatMap((request) => /^GET \/(.*) bytes=0-0$/.exec(request)?.[1] ?? []);
        expect(opened.length).toBeGreaterThan(3);
        expect(new Set(opened).size).toBe(opened.length);
        for (const path of opened) {
          const half = files[path]!.subarray(0, files[path]!.length >> 1);
          served.set(path, half);
          for (const folder of [httpFolder(server.url), memoryFolder('m', served)])
            await expect(openOcdbt(folder, []), path).rejects.toMatchObject({
              code: 'checkpoint-truncated',
              details: { file: path, size: half.length },
            });
          served.set(path, files[path]!);
        }
      } finally {
        await server.close();
      }
    },
  );

  const one = { height: 0, file: 0, offset: 0, length: 50 };
  it.each<[string, Map<string, Uint8Array>, string]>([
    [
      'a wrong checksum',
      new Map(database()).set(
        'd/root',
        database()
          .get('d/root')!
          .map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
      ),
      'checkpoint-damaged-data',
    ],
    [
      'a manifest of several files',
      database({ manifest: manifest([{ path: 'd/root' }], one, 1) }),
      'checkpoint-unsupported',
    ],
    ['a missing data file', new Map([...database()].filter(([path]) => path !== 'p/d/leaf')), 'file-missing'],
    ['missing values', new Map([...database()].filter(([path]) => path !== 'p/d/values')), 'file-missing'],
    ['a path out of the folder', database({ manifest: manifest([{ path: '../secret' }], one) }), 'path-unsafe'],
    [
      'a file that is not in the table',
      database({ manifest: manifest([{ path: 'd/root' }], { ...one, file: 3 }) }),
      'checkpoint-malformed',
    ],
    [
      'a node past the end of its file',
      database({ manifest: manifest([{ path: 'd/root' }], { ...one, offset: 1000 }) }),
      'checkpoint-truncated',
    ],
    [
      'a node of gigabytes',
      database({ manifest: manifest([{ path: 'd/root' }], { ...one, length: 2 ** 40 }) }),
      'checkpoint-malformed',
    ],
    ['a node of another height', database({ leaf: leaf([], [], 2) }), 'checkpoint-malformed'],
    [
      'a key that repeats',
      database({
        leaf: leaf(
          [],
          [
            { key: 'a', value: '1' },
            { key: 'a', value: '2' },
          ],
        ),
      }),
      'checkpoint-malformed',
    ],
    [
      'a tree higher than any',
      database({ manifest: manifest([{ path: 'd/root' }], { ...one, height: 200 }) }),
      'checkpoint-malformed',
    ],
  ])('refuses %s', async (_, files, code) => {
    await expect(open(files)).rejects.toSatisfy((error) => isTamaError(error, code));
  });

  it('refuses a tree that leads back into itself', async () => {
    const files = [{ path: 'd/root' }];
    const child = { key: 'a', shared: 1, file: 0, offset: 0 };
    const length = interior(files, [{ ...child, length: 100 }], 2).length;
    const root = interior(files, [{ ...child, length }], 2);
    const loop = database({ root, manifest: manifest(files, { height: 2, file: 0, offset: 0, length }) });
    await expect(open(loop)).rejects.toSatisfy((error) => isTamaError(error, 'checkpoint-malformed'));
  });

  it('ends in a typed error or reads on, whatever nodes with sound checksums say', async () => {
    const random = seededRandom(5);
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      const files = database();
      const target = ['manifest.ocdbt', 'd/root', 'p/d/leaf'][i % 3]!;
      const node = new Uint8Array(files.get(target)!);
      for (let count = 1 + Math.floor(random() * 3); count > 0; count--)
        node[12 + Math.floor(random() * (node.length - 16))] = random() < 0.3 ? 255 : random() * 256;
      files.set(target, withChecksum(node));
      try {
        const store = await open(files);
        for (const name of await store.arrayNames()) await read(await store.get(`${name}/0`));
      } catch (error) {
        if (!isTamaError(error) || error.code === 'read-out-of-bounds') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });
});

it('computes CRC-32C as its definition says', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});
