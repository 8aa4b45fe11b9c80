import { isTamaError } from '@tama/errors';
import { expect, it } from 'vitest';
import type { Engine, ModelInfo } from '../engine.ts';
import { modelDrafter, promptLookup } from './drafters.ts';

it.each([
  ['what followed the last four tokens', [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4], 3, [5, 6, 7]],
  ['a longer run before a later, shorter one', [9, 1, 2, 3, 7, 8, 2, 3, 5, 6, 9, 1, 2, 3], 2, [7, 8]],
  ['the longest run, however long', [9, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 8, 9, 1, 2, 3, 4, 5, 6], 1, [7]],
  ['the latest of equal runs', [1, 2, 3, 1, 2, 4, 1, 2], 1, [4]],
  ['what repeats once more', [1, 2, 3, 1, 2], 7, [3, 1, 2, 3, 1, 2, 3]],
  ['the same token after a run of it', Array(100).fill(5), 2, [5, 5]],
  ['nothing for a token that was never followed like this', [1, 2, 3, 4], 4, []],
  ['nothing for a single token in common', [1, 7, 2, 1], 4, []],
])('prompt lookup proposes %s', async (_, tokens, count, expected) => {
  expect(await promptLookup.propose(tokens, count)).toEqual(expected);
});

it('a model of another vocabulary cannot draft', async () => {
  const info = (vocabularySize: number) => ({ config: { vocabularySize } }) as ModelInfo;
  const draft = { info: info(8192) } as Engine;
  try {
    modelDrafter(draft, info(256_000), new AbortController().signal);
  } catch (error) {
    expect(isTamaError(error, 'option')).toBe(true);
    return;
  }
  expect.unreachable();
});
