/// <reference types="node" />
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DecodeQueue } from './decode-queue.ts';
import type { ChosenToken } from './sampler.ts';

/** Steps that arrive when the test says so, in order; token i is 100 + i. */
function testSteps() {
  const batches: { readonly slot: number; readonly count: number; arrive(): void; fail(error: Error): void }[] = [];
  const submit = (slot: number, count: number) =>
    new Promise<readonly ChosenToken[]>((resolve, reject) => {
      const arrive = () => resolve(Array.from({ length: count }, (_, i) => ({ id: 100 + slot + i })));
      batches.push({ slot, count, arrive, fail: reject });
    });
  return { batches, submit, submitted: () => batches.reduce((sum, { count }) => sum + count, 0) };
}

const never = new AbortController().signal;

/** All that happens by itself has happened. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('DecodeQueue', () => {
  it.each([
    [1, 1],
    [2, 5],
    [7, 30],
    [8, 41],
    [undefined, 50],
  ])('with %s steps ahead gives the %i tokens in order, and never has more in flight', async (ahead, limit) => {
    const { batches, submit, submitted } = testSteps();
    const queue = new DecodeQueue(submit, limit, never, ahead);
    const ids: number[] = [];
    let arrived = 0;
    for (;;) {
      const next = queue.next();
      await settled();
      const inFlight = submitted() - batches.slice(0, arrived).reduce((sum, { count }) => sum + count, 0);
      expect(inFlight).toBeLessThanOrEqual(ahead ?? 8);
      if (ids.length === batches.slice(0, arrived).reduce((sum, { count }) => sum + count, 0))
        batches[arrived++]?.arrive();
      const token = await next;
      if (!token) break;
      ids.push(token.id);
    }
    expect(ids).toEqual(Array.from({ length: limit }, (_, i) => 100 + i));
    expect(submitted()).toBe(limit);
    expect(batches[0]!.count).toBe(1); // The prefill is alone.
    expect(queue.fed).toBe(limit - 1);
  });

  it('ends at once when it is aborted, submits nothing more, and drains what runs', async () => {
    const { batches, submit, submitted } = testSteps();
    const controller = new AbortController();
    const queue = new DecodeQueue(submit, 100, controller.signal, 8);
    const first = queue.next();
    batches[0]!.arrive();
    expect(await first).toEqual({ id: 100 });
    const waiting = queue.next();
    await settled();
    const before = submitted();
    expect(before).toBeGreaterThan(1);
    controller.abort();
    expect(await waiting).toBeUndefined(); // Though nothing has arrived.
    expect(await queue.next()).toBeUndefined();
    expect(queue.touched).toBe(before - 1);

    let drained = false;
    const draining = queue.drain().then(() => {
      drained = true;
    });
    for (const { arrive } of batches.slice(1)) {
      await settled();
      expect(drained).toBe(false);
      arrive();
    }
    await draining;
    expect(submitted()).toBe(before);
  });

  it('leaves nothing behind at its signal, which may live as long as the engine', async () => {
    const { batches, submit } = testSteps();
    const { signal } = new AbortController();
    const queue = new DecodeQueue(submit, 1, signal);
    const token = queue.next();
    batches[0]!.arrive();
    await token;
    await queue.drain();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('tells who drains it that a step failed which nobody waits for any more', async () => {
    const { batches, submit } = testSteps();
    const controller = new AbortController();
    const queue = new DecodeQueue(submit, 100, controller.signal, 1);
    const waiting = queue.next();
    controller.abort();
    expect(await waiting).toBeUndefined();
    const failure = new Error('the step failed');
    batches[0]!.fail(failure);
    await expect(queue.drain()).rejects.toBe(failure);
  });
});
