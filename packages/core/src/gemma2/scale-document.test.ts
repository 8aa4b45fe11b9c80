/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { PANEL, planPackedMatrix, weightFormats } from '@tama/kernels-wgsl';
import { expect, it } from 'vitest';
import { rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import { repositoryPath } from '../testing/goldens.ts';
import { groupByEncoding } from './gpu-weights.ts';
import { pairedRows } from './paired-rows.ts';
import { defaultLimits, planModel } from './plan.ts';
import { publishedSizes } from './published-sizes.ts';
import { loadWeights } from './weights.ts';

const sizes = ['2b', '9b', '27b'] as const;
const types = ['q4_0', 'q4_k_m', 'q8_0', 'bf16'] as const;
const matrices = ['embedding', 'q k v', 'o', 'gate up', 'down'] as const;
const mebibytes = (bytes: number) => String(Math.round(bytes / 2 ** 20));
const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

/** Bindings that one matrix of each kind takes under the default limits, at most over the layers. */
async function partsOf(checkpoint: ReturnType<typeof syntheticCheckpoint>): Promise<Map<string, number>> {
  const most = new Map<string, number>();
  await loadWeights<void, void>(checkpoint, {
    async matrix(label, tensors) {
      const parts = groupByEncoding(tensors).map((group) => {
        const rows = group.reduce((sum, tensor) => sum + rowCount(tensor), 0);
        const format = weightFormats[group[0]!.encoding];
        return planPackedMatrix(format, rows, rowWidth(group[0]!), defaultLimits.maxStorageBufferBindingSize).parts;
      });
      const kind = label.replace(/^layer \d+ /, '');
      most.set(kind, Math.max(most.get(kind) ?? 0, parts.flat().length));
    },
    async gateUp(_, gate) {
      const { parts } = planPackedMatrix(
        weightFormats[gate.encoding],
        pairedRows(gate),
        rowWidth(gate),
        defaultLimits.maxStorageBufferBindingSize,
        2 * PANEL,
      );
      most.set('gate up', Math.max(most.get('gate up') ?? 0, parts.length));
    },
    vector: async () => {},
  });
  return most;
}

it('docs/scale.md has the figures of the plan', async () => {
  const memory: string[] = [];
  const bindings: string[] = [];
  for (const size of sizes) {
    for (const type of types) {
      const checkpoint = syntheticCheckpoint(publishedSizes[size], { type, seed: 0 });
      const plan = await planModel(checkpoint, { context: 8192, prefillChunk: 64, f16: true });
      const { weightBytes, cacheBytes, workBytes, totalBytes } = plan;
      const name = [size.toUpperCase(), type.toUpperCase()];
      memory.push(row([...name, ...[weightBytes, cacheBytes, workBytes, totalBytes].map(mebibytes)]));
      const parts = await partsOf(checkpoint);
      const each = matrices.map((kind) => parts.get(kind)!);
      const largest = mebibytes(plan.largestBuffer.bytes);
      bindings.push(row([...name, ...each, plan.weightParts, largest, plan.decodeDispatches]));
    }
  }
  const document = readFileSync(repositoryPath('docs/scale.md'), 'utf8');
  for (const table of [memory, bindings]) expect(document).toContain(table.join('\n'));
});
