import { expect, it } from 'vitest';
import { runInDeno } from './testing/run-in-deno.ts';

it('every kernel compiles by naga in every encoding, and whatever tuning may choose', async () => {
  const lines = await runInDeno<{ label?: string; error?: string }>(
    new URL('./testing/compile-everything.ts', import.meta.url),
  );
  expect(lines.filter(({ label }) => label === undefined)).toEqual([]);
  expect(lines.length).toBeGreaterThan(150);
});
