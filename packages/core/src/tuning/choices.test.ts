import { expect, it } from 'vitest';
import { browserTuningStore } from './browser-tuning-store.ts';
import { keepChoices, readChoices } from './choices.ts';

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
