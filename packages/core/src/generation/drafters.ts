import type { Engine, ModelInfo } from '../engine.ts';
import { OptionError } from '../errors.ts';
import type { Drafter } from './speculation.ts';

/** A shorter run of tokens is found everywhere and means nothing; of longer ones no more is compared. */
const shortestRun = 2;
const longestRun = 32;

/**
 * Prompt lookup: what followed where most of the last tokens occurred before, the latest of equal places. Right where a
 * reply repeats its prompt: summaries, corrections, code.
 */
export const promptLookup: Drafter = {
  cost: 0,
  propose(tokens, count) {
    const end = tokens.length;
    let [found, longest] = [0, shortestRun - 1];
    for (let at = end - 1; at > longest && longest < longestRun; at--) {
      let run = 0;
      while (run < longestRun && run < at && tokens[at - 1 - run] === tokens[end - 1 - run]) run++;
      if (run > longest) [found, longest] = [at, run];
    }
    // What repeats goes on to repeat.
    return found === 0 ? [] : Array.from({ length: count }, (_, i) => tokens[found + (i % (end - found))]!);
  },
};

/** A smaller model of the same vocabulary guesses, greedily, until the signal ends it. @throws {OptionError} */
export function modelDrafter(draft: Engine, { config, weightBytes }: ModelInfo, signal: AbortSignal): Drafter {
  const { vocabularySize: own } = draft.info.config;
  const { vocabularySize } = config;
  if (own !== vocabularySize) {
    throw new OptionError('speculation.draft', own, {
      en: `a model with this one's vocabulary of ${vocabularySize} tokens`,
      ja: `このモデルと同じ${vocabularySize}トークンの語彙をもつモデル`,
    });
  }
  return {
    cost: draft.info.weightBytes / weightBytes,
    async propose(tokens, count) {
      const room = draft.info.contextLength - tokens.length;
      if (room < 1) return [];
      const ids: number[] = [];
      const options = { maxTokens: Math.min(count, room), ignoreEos: true, signal };
      for await (const event of draft.generate({ tokens }, options)) if (event.type === 'token') ids.push(event.id);
      return ids;
    },
  };
}
