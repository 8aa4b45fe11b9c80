import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { memoryFolder, memorySource } from '../storage/memory-source.ts';
import { readFixture } from '../testing/fixtures.ts';
import { seededRandom } from '../testing/random.ts';
import { type CheckpointTensor, rowCount } from './checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';

const CASES = 1500;
const LARGEST_READ = 2 ** 20;
const SLOWEST_MS = 1000;

/** A file with a few bytes changed, most of them where the structure is, or cut off, or with a piece repeated. */
function damage(bytes: Uint8Array, random: () => number, structure: number): Uint8Array {
  const at = (limit: number) => Math.floor(random() * limit);
  const kind = at(8);
  if (kind === 0) return bytes.subarray(0, at(bytes.length));
  const changed = new Uint8Array(bytes);
  if (kind === 1) changed.copyWithin(at(structure), at(structure), at(structure));
  else
    for (let count = 1 + at(4); count > 0; count--) {
      const edge = [0, 1, 0x7f, 0x80, 0xff, 0x7b, 0x22, 0x30];
      changed[at(random() < 0.95 ? structure : bytes.length)] = random() < 0.5 ? edge[at(edge.length)]! : at(256);
    }
  return changed;
}

/** Opens a model and reads a row of every tensor. True if it was accepted, false if a typed error refused it. */
async function survives(open: () => ReturnType<typeof openCheckpoint>): Promise<boolean> {
  const start = performance.now();
  try {
    const checkpoint = await open();
    for (const tensor of checkpoint.tensors.values()) await readLastRow(tensor);
    await checkpoint.close();
    return true;
  } catch (error) {
    if (!isTamaError(error)) throw error;
    return false;
  } finally {
    expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
  }
}

const readLastRow = (tensor: CheckpointTensor) => tensor.readRows(rowCount(tensor) - 1, 1);

/** A source that fails the test when a reader asks for more at once than any sound header needs. */
function frugal(name: string, bytes: Uint8Array) {
  const source = memorySource(name, bytes);
  const read: typeof source.read = (offset, length) => {
    expect(length).toBeLessThanOrEqual(LARGEST_READ);
    return source.read(offset, length);
  };
  return { ...source, read };
}

describe('damaged files end in a typed error or are read, quickly and within bounds', () => {
  it.each([
    ['GGUF with a vocabulary', 'small/gguf/small-q4_k_s.gguf', 40_000],
    ['GGUF without one', 'tiny/gguf/tiny-q8_0.gguf', 3_500],
  ])('%s', async (_, path, structure) => {
    const random = seededRandom(2024);
    const bytes = readFixture(path);
    let refused = 0;
    for (let i = 0; i < CASES; i++) {
      const damaged = damage(bytes, random, structure);
      if (!(await survives(() => openCheckpoint(frugal('m.gguf', damaged))))) refused++;
    }
    expect(refused).toBeGreaterThan(CASES / 10);
  });

  it.each([
    ['safetensors', 'model-00001-of-00002.safetensors', 3_000],
    ['an index', 'model.safetensors.index.json', 3_770],
    ['a configuration', 'config.json', 947],
  ])('Hugging Face folder: %s', async (_, target, structure) => {
    const random = seededRandom(2025);
    const names = [
      'config.json',
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ];
    const files = new Map(names.map((name) => [name, readFixture(`tiny/hf/${name}`)]));
    let refused = 0;
    for (let i = 0; i < CASES; i++) {
      const damaged = damage(files.get(target)!, random, structure);
      const folder = memoryFolder('hf', new Map<string, Uint8Array>(files).set(target, damaged));
      if (!(await survives(() => openCheckpoint(folder)))) refused++;
    }
    expect(refused).toBeGreaterThan(CASES / 10);
  });
});
