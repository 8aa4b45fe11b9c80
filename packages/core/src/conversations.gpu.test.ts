import { expect, it } from 'vitest';
import type { GenerateOptions } from './engine.ts';
import type { GpuEngine } from './gpu-engine.ts';
import { goldenModels } from './testing/goldens.ts';
import { loadGolden } from './testing/load.ts';
import { seededRandom } from './testing/random.ts';

// Whatever was cached, run past a stop, guessed wrongly or overwritten in the rings of `tiny`, whose window is 5.
it('edits, branches, stops and guesses at random leave a KV cache that answers as an empty one does', async () => {
  const random = seededRandom(2);
  const below = (limit: number) => Math.floor(random() * limit);
  const options = { device: 'f32', context: 96 } as const;
  const kept = await loadGolden(goldenModels[0]!, { ...options, prefillChunk: 4, rollback: 0 });
  const empty = await loadGolden(goldenModels[0]!, { ...options, prefillChunk: 32 });
  const { vocabularySize, slidingWindow } = kept.info.config;
  const reach = kept.model.localCapacity - slidingWindow;

  let reused = 0;
  let conversation = [2];
  const turns = process.env.TAMA_TEST_ADAPTER === 'swiftshader' ? 15 : 40; // it is slow
  for (let turn = 0; turn < turns; turn++) {
    // As often as not back to where the rings just hold what is needed, or just do not.
    const back = below(2) ? reach - 3 + below(6) : below(conversation.length + 1);
    const common = Math.max(0, conversation.length - (below(4) ? back : 0));
    const added = Array.from({ length: 1 + below(9) }, () => 3 + below(vocabularySize - 3));
    const all = [...conversation.slice(0, common), ...added];
    const tokens = all.length > 80 ? all.slice(0, 1 + below(20)) : all;
    const maxTokens = 1 + below(10);
    const sampling = below(2) ? { temperature: 1 + random(), seed: turn, topK: 20 * below(2) } : {};
    const how = below(3) ? { stepsAhead: 1 + below(8) } : ({ speculation: 'prompt-lookup' } as const);
    const stopAfter = below(3) ? maxTokens : 1 + below(maxTokens);

    const { ids, logprobs, cached } = await reply(kept, tokens, { ...sampling, ...how, maxTokens }, stopAfter);
    await empty.logits([2], 'last'); // Which forgets all that was cached.
    const expected = await reply(empty, tokens, { ...sampling, maxTokens }, maxTokens);
    expect(expected.cached).toBe(0);
    expect(ids, `turn ${turn}`).toEqual(expected.ids.slice(0, stopAfter));
    // A key that is another position's moves what is unlikely long before it changes a token.
    const difference = Math.max(...logprobs.map((logprob, i) => Math.abs(logprob - expected.logprobs[i]!)));
    expect(difference, `turn ${turn}`).toBeLessThan(2e-3);
    if (cached > 0) reused++;
    conversation = [...tokens, ...ids];
  }
  expect(reused).toBeGreaterThan(turns / 3);
  await Promise.all([kept.close(), empty.close()]);
});

/** The first `stopAfter` ids, after which the reader leaves, the log-probabilities at each, and how much of the prompt was cached. */
async function reply(engine: GpuEngine, tokens: number[], options: GenerateOptions, stopAfter: number) {
  const ids: number[] = [];
  const logprobs: number[] = [];
  let cached = 0;
  for await (const event of engine.generate({ tokens }, { ...options, logprobs: 20, ignoreEos: true })) {
    if (event.type === 'prefill') cached = event.cached;
    if (event.type !== 'token') continue;
    logprobs.push(...event.logprobs!.top.map(({ logprob }) => logprob));
    if (ids.push(event.id) === stopAfter) break;
  }
  return { ids, logprobs, cached };
}
