/// <reference types="node" />
import { isTamaError } from '@tama/errors';
import { englishWords } from '@tama/errors/testing';
import { describe, expect, it } from 'vitest';
import type { ByteFolder } from '../storage/byte-source.ts';
import { memoryFolder } from '../storage/memory-source.ts';
import { readFixture } from '../testing/fixtures.ts';
import { seededRandom } from '../testing/random.ts';
import { rowCount } from './checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';

/** More than any sound header needs at once, and much less than what must fit into memory. */
const LARGEST_READ = 2 ** 20;
/** Of processor time: the machine may be busy with other things. */
const SLOWEST_SECONDS = 1;

/** For longer runs, on demand: this many times the cases, and where they are drawn from. */
const LENGTH = Number(process.env.TAMA_FUZZ ?? 1);
const SEED = Number(process.env.TAMA_FUZZ_SEED ?? 2024);

type Random = () => number;

/** A file with a few bytes changed, most of them where `structure` points, or cut off, or with a piece repeated. */
function damage(bytes: Uint8Array, random: Random, structure: (random: Random) => number): Uint8Array {
  const upTo = (limit: number) => Math.floor(random() * limit);
  const kind = upTo(10);
  if (kind === 0) return bytes.subarray(0, upTo(bytes.length));
  const changed = new Uint8Array(bytes);
  if (kind === 1) changed.copyWithin(structure(random), structure(random), structure(random) + upTo(64));
  else
    for (let count = 1 + upTo(4); count > 0; count--) {
      const edge = [0, 1, 0x7f, 0x80, 0xff, 0x7b, 0x22, 0x30];
      const at = random() < 0.95 ? structure(random) : upTo(bytes.length);
      changed[Math.min(at, bytes.length - 1)] = random() < 0.5 ? edge[upTo(edge.length)]! : upTo(256);
    }
  return changed;
}

const within = (limit: number) => (random: Random) => Math.floor(random() * limit);
const atTheEnds = (head: number, tail: number, size: number) => (random: Random) =>
  random() < 0.5 ? Math.floor(random() * head) : size - 1 - Math.floor(random() * tail);
/** Within a few hundred bytes after one of the places where `mark` stands. */
function after(mark: string, bytes: Uint8Array): (random: Random) => number {
  const text = new TextDecoder('latin1').decode(bytes);
  const places = [...text.matchAll(new RegExp(mark, 'g'))].map(({ index }) => index);
  return (random) => places[Math.floor(random() * places.length)]! + Math.floor(random() ** 2 * 400);
}

/** The files fail the test when a reader asks for more at once than any sound header needs. */
function frugal(files: ReadonlyMap<string, Uint8Array>): ByteFolder {
  const folder = memoryFolder('m', files);
  return {
    ...folder,
    async open(path) {
      const source = await folder.open(path);
      if (!source) return undefined;
      return {
        ...source,
        read(offset, length) {
          expect(length).toBeLessThanOrEqual(LARGEST_READ);
          return source.read(offset, length);
        },
      };
    },
  };
}

/** Opens a model and reads a row of every tensor. True if it was accepted, false if a typed error refused it. */
async function survives(folder: ByteFolder): Promise<boolean> {
  const start = process.cpuUsage();
  try {
    const checkpoint = await openCheckpoint(folder);
    for (const tensor of checkpoint.tensors.values()) await tensor.readRows(rowCount(tensor) - 1, 1);
    await checkpoint.close();
    return true;
  } catch (error) {
    // A read out of bounds is a reader's fault, whatever the file says.
    if (!isTamaError(error) || error.code === 'read-out-of-bounds') throw error;
    expect(englishWords(error.texts.ja.what), error.texts.ja.what).toEqual([]);
    return false;
  } finally {
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(SLOWEST_SECONDS);
  }
}

const huggingFace = [
  'config.json',
  'model.safetensors.index.json',
  'model-00001-of-00002.safetensors',
  'model-00002-of-00002.safetensors',
];
const keras = readFixture('tiny/keras/model.weights.h5');
const torch = readFixture('tiny/pytorch/model.ckpt');
const embedder = ['.zarray', '0.0'].map((name) => `transformer/embedder.input_embedding/${name}`);
const zarr = [
  ...embedder,
  ...[0, 1, 2, 3].flatMap((layer) =>
    [
      'attn/q_einsum.w/0.0.0',
      'attn/kv_einsum.w/0.0.0.0',
      'attn/attn_vec_einsum.w/0.0.0',
      'mlp/gating_einsum.w/0.0.0',
      'mlp/linear.w/0.0',
      'pre_attention_norm.scale/0',
      'post_attention_norm.scale/0',
      'pre_ffw_norm.scale/0',
      'post_ffw_norm.scale/0',
    ].flatMap((chunk) => {
      const path = `transformer/layer_${layer}/${chunk}`;
      return [path, path.replace(/[^/]+$/, '.zarray')];
    }),
  ),
  'transformer/final_norm.scale/.zarray',
  'transformer/final_norm.scale/0',
];

describe('damaged files end in a typed error or are read, quickly and within bounds', () => {
  it.each<[string, string, readonly string[], string, number, (random: Random) => number]>([
    ['GGUF with a vocabulary', 'small/gguf', ['small-q4_k_s.gguf'], 'small-q4_k_s.gguf', 1000, within(40_000)],
    ['GGUF without one', 'tiny/gguf', ['tiny-q8_0.gguf'], 'tiny-q8_0.gguf', 1500, within(3_500)],
    ['safetensors', 'tiny/hf', huggingFace, huggingFace[2]!, 1000, within(3_000)],
    ['an index of shards', 'tiny/hf', huggingFace, huggingFace[1]!, 1000, within(3_770)],
    ['a configuration', 'tiny/hf', huggingFace, huggingFace[0]!, 1000, within(947)],
    ['HDF5 groups', 'tiny/keras', ['model.weights.h5'], 'model.weights.h5', 200, after('TREE|SNOD|HEAP', keras)],
    [
      'HDF5 objects',
      'tiny/keras',
      ['model.weights.h5'],
      'model.weights.h5',
      400,
      after('\\x01\\x00.\\x00\\x01\\x00\\x00\\x00', keras),
    ],
    ['a PyTorch archive', 'tiny/pytorch', ['model.ckpt'], 'model.ckpt', 1000, atTheEnds(7_000, 5_000, torch.length)],
    ['zarr metadata', 'tiny/orbax_zarr2', zarr, embedder[0]!, 200, within(179)],
    ['a zarr chunk', 'tiny/orbax_zarr2', zarr, embedder[1]!, 100, within(300)],
  ])(
    '%s',
    async (_, path, names, target, usualCases, structure) => {
      const cases = usualCases * LENGTH;
      const random = seededRandom(SEED);
      const files = new Map(names.map((name) => [name, readFixture(`${path}/${name}`)]));
      let refused = 0;
      for (let i = 0; i < cases; i++) {
        const damaged = damage(files.get(target)!, random, structure);
        const accepted = await survives(frugal(new Map<string, Uint8Array>(files).set(target, damaged))).catch(
          (cause) => {
            throw new Error(`case ${i} of seed ${SEED}: ${cause}`, { cause });
          },
        );
        if (!accepted) refused++;
      }
      expect(refused).toBeGreaterThan(cases / 12);
    },
    120_000 * LENGTH,
  );
});
