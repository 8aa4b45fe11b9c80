import { matvec, residualNorms, weightFormats } from '@tama/kernels-wgsl';
import { expect, it } from 'vitest';
import { browserTuningStore } from './browser-tuning-store.ts';
import { choiceKey, keepChoices, readChoices } from './choices.ts';

it('keeps a choice for one adapter, one shape, and the very shaders that it was between', async () => {
  const info = { vendor: 'v', architecture: 'a', device: 'd', description: 'x' } as GPUAdapterInfo;
  const features = { f16: false, subgroups: false };
  const product = [matvec, { features, weights: weightFormats.q8_0 }] as const;
  const norms = [residualNorms, { features }] as const;
  const gpu = { info, features };
  const key = await choiceKey(gpu, [product, norms], 'shape');
  expect(key).toMatch(/^shape [0-9a-f]{16}$/);
  expect(await choiceKey({ info: { ...info }, features: { ...features } }, [product, norms], 'shape')).toBe(key);
  const changed = [{ ...residualNorms, source: `${residualNorms.source}\n` }, { features }] as const;
  const others = await Promise.all([
    choiceKey(gpu, [product, norms], 'another'),
    choiceKey(gpu, [product], 'shape'),
    choiceKey(gpu, [product, changed], 'shape'),
    choiceKey(gpu, [[matvec, { features, weights: weightFormats.q4_0 }], norms], 'shape'),
    choiceKey(
      { info: { ...info, description: 'a newer driver' } as GPUAdapterInfo, features },
      [product, norms],
      'shape',
    ),
    choiceKey({ info, features: { ...features, f16: true } }, [product, norms], 'shape'),
  ]);
  expect(new Set([key, ...others]).size).toBe(7);
});

it.each([undefined, 'text', 7, [], null])('takes a store that holds %j for an empty one', async (content) => {
  const store = { read: async () => content, write: async () => {} };
  expect(await readChoices(store)).toEqual({});
});

it('takes a store that fails for an empty one, and tells that nothing was kept', async () => {
  const fail = () => Promise.reject(new Error('no'));
  expect(await readChoices({ read: fail, write: fail })).toEqual({});
  expect(await keepChoices({ read: fail, write: fail }, {}, {})).toBeUndefined();
  expect(await keepChoices(undefined, {}, {})).toBeUndefined();
});

it('keeps choices in the Cache API where there is one', async () => {
  const entries = new Map<string, Response>();
  const cache = {
    match: async (key: string) => entries.get(key)?.clone(),
    put: async (key: string, response: Response) => void entries.set(key, response),
  };
  const store = browserTuningStore({ open: async () => cache } as unknown as CacheStorage);
  expect(await readChoices(store)).toEqual({});
  expect(await keepChoices(store, {}, { a: { ROWS: 8 } })).toEqual({ a: { ROWS: 8 } });
  expect(await readChoices(store)).toEqual({ a: { ROWS: 8 } });
  const others = Array.from({ length: 8 }, (_, i) => ({ [`key ${i}`]: { ROWS: i } }));
  await Promise.all(others.map((choices) => keepChoices(store, {}, choices)));
  expect(await readChoices(store)).toEqual(Object.assign({ a: { ROWS: 8 } }, ...others));
  expect(browserTuningStore(undefined)).toBeUndefined();
});
