import type { Engine } from '../engine.ts';
import { OptionError } from '../errors.ts';
import type { Drafter } from './speculation.ts';

/** Runs of tokens that are looked for, longest first: shorter ones than two are found everywhere and mean nothing. */
const runs = [4, 3, 2] as const;

/**
 * Prompt lookup: what followed the last few tokens where they occurred before, latest first. Right where a reply repeats
 * its prompt: summaries, corrections, code.
 */
export const promptLookup: Drafter = {
  propose(tokens, count) {
    for (const run of runs) {
      const end = tokens.length;
      for (let at = end - run - 1; at >= 0; at--) {
        let same = 0;
        while (same < run && tokens[at + same] === tokens[end - run + same]) same++;
        if (same === run) return tokens.slice(at + run, at + run + count);
      }
    }
    return [];
  },
};

/** A smaller model of the same vocabulary guesses, greedily, until the signal ends it. @throws {OptionError} */
export function modelDrafter(draft: Engine, vocabularySize: number, signal: AbortSignal): Drafter {
  const { vocabularySize: own } = draft.info.config;
  if (own !== vocabularySize) {
    throw new OptionError('speculation.draft', own, {
      en: `a model with this one's vocabulary of ${vocabularySize} tokens`,
      ja: `このモデルと同じ${vocabularySize}トークンの語彙をもつモデル`,
    });
  }
  return {
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
