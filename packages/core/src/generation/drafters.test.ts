import { isTamaError } from '@tama/errors';
import { expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { modelDrafter, promptLookup } from './drafters.ts';

it.each([
  ['what followed the last four tokens', [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4], 3, [5, 6, 7]],
  ['a longer run before a later, shorter one', [9, 1, 2, 3, 7, 8, 2, 3, 5, 6, 9, 1, 2, 3], 2, [7, 8]],
  ['the latest of equal runs', [1, 2, 3, 1, 2, 4, 1, 2], 1, [4]],
  ['no more than there is', [1, 2, 3, 1, 2], 7, [3, 1, 2]],
  ['a run that overlaps the end', [5, 5, 5, 5], 2, [5]],
  ['nothing for a token that was never followed like this', [1, 2, 3, 4], 4, []],
  ['nothing for a single token in common', [1, 7, 2, 1], 4, []],
])('prompt lookup proposes %s', async (_, tokens, count, expected) => {
  expect(await promptLookup.propose(tokens, count)).toEqual(expected);
});

it('a model of another vocabulary cannot draft', async () => {
  const draft = { info: { config: { vocabularySize: 8192 } } } as unknown as Engine;
  try {
    modelDrafter(draft, 256_000, new AbortController().signal);
  } catch (error) {
    expect(isTamaError(error, 'option')).toBe(true);
    return;
  }
  expect.unreachable();
});
