import { expect, it } from 'vitest';
import { GpuMemory } from './gpu-memory.ts';
import { scarceMemory, testGpu } from './testing/index.ts';

it('tells of two owners that allocate at once the one that found no memory', async () => {
  const { device: real } = await testGpu();
  const { device, alive } = scarceMemory(real, ({ size }) => size > 2 ** 20);
  const owners = ['first', 'second', 'third'].map((name) => new GpuMemory(device, name));
  const sizes = [16, 2 ** 21, 16];
  const results = await Promise.allSettled(
    owners.map((memory, i) => memory.check(`buffer ${i}`, () => memory.storage('x', sizes[i]!))),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: { code: 'gpu-out-of-memory', details: { label: 'buffer 1' } } });
  for (const memory of owners) memory.dispose();
  expect(alive.size).toBe(0);
});
