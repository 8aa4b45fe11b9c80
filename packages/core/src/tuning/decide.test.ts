import type { GpuContext } from '@tama/kernels-wgsl';
import { expect, it } from 'vitest';
import { decide, type Question } from './decide.ts';
import type { TuningStore } from './tuning-store.ts';

const on = (isFallbackAdapter: boolean, timestamps = true) =>
  ({ info: { isFallbackAdapter }, timestamps }) as unknown as GpuContext;
const [a, b, c] = [{ WORKGROUP: 64 }, { WORKGROUP: 128 }, { WORKGROUP: 256 }];

function storeOf(content: unknown, keeps = true): TuningStore & { content: unknown } {
  return {
    content,
    async read() {
      return this.content;
    },
    async write(value) {
      if (!keeps) throw new Error('no space');
      this.content = value;
    },
  };
}

const question = (...milliseconds: number[]): Question => ({
  key: 'k',
  candidates: [a, b, c],
  measure: async () =>
    [a, b, c].slice(0, milliseconds.length).map((constants, i) => ({ constants, milliseconds: milliseconds[i]! })),
});

it.each([
  ['the fastest', [1, 0.9, 0.5], c],
  ['the default where another is hardly faster', [1, 0.96], a],
  ['the default where it is the only one', [1], a],
  ['none that took no time', [1, 0, 0.5], c],
] as const)('chooses %s, and keeps it beside what was kept before', async (_, times, expected) => {
  const store = storeOf({ other: { ROWS: 8 } });
  const [answer] = await decide(on(false), { mode: 'auto', store }, [question(...times)]);
  expect(answer?.constants).toEqual(expected);
  expect(answer?.variants).toHaveLength(times.length);
  expect(store.content).toEqual({ other: { ROWS: 8 }, k: expected });
});

it('takes what was kept without measuring, unless it is no candidate or is asked to measure now', async () => {
  const kept = (constants: object, mode: 'auto' | 'now') =>
    decide(on(false), { mode, store: storeOf({ k: constants }) }, [question(1, 0.5)]);
  expect(await kept(c, 'auto')).toEqual([{ constants: c, variants: [] }]);
  expect((await kept({ WORKGROUP: 5 }, 'auto'))[0]?.constants).toEqual(b);
  expect((await kept(c, 'now'))[0]?.constants).toEqual(b);
});

it('has no answer where it may not measure, cannot keep, or fails to measure', async () => {
  const failing = { ...question(), measure: () => Promise.reject(new Error('lost')) };
  expect(await decide(on(true), { mode: 'auto', store: storeOf({}) }, [question(1)])).toEqual([undefined]);
  expect(await decide(on(false, false), { mode: 'auto', store: storeOf({}) }, [question(1)])).toEqual([undefined]);
  expect(await decide(on(false), { mode: 'auto', store: undefined }, [question(1)])).toEqual([undefined]);
  expect(await decide(on(false), { mode: 'auto', store: storeOf({}, false) }, [question(1)])).toEqual([undefined]);
  expect(await decide(on(false), { mode: 'now', store: storeOf({}) }, [failing, question(1)])).toEqual([
    undefined,
    { constants: a, variants: [{ constants: a, milliseconds: 1 }] },
  ]);
  expect((await decide(on(true), { mode: 'now', store: undefined }, [question(1)]))[0]?.constants).toEqual(a);
});

it('takes the choice of another load that was made while it measured', async () => {
  const store = storeOf({});
  const slower: Question = {
    ...question(1, 0.5),
    async measure() {
      await decide(on(false), { mode: 'auto', store }, [question(1, 0.9, 0.5)]);
      return question(1, 0.5).measure();
    },
  };
  const [answer] = await decide(on(false), { mode: 'auto', store }, [slower]);
  expect(answer?.constants).toEqual(c);
  expect(store.content).toEqual({ k: c });
});
