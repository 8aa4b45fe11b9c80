import type { Command } from '../command.ts';
import { chat } from './chat.ts';
import { convert } from './convert.ts';
import { inspect } from './inspect.ts';
import { list } from './list.ts';
import { logits } from './logits.ts';
import { pull } from './pull.ts';
import { rm } from './rm.ts';
import { run } from './run.ts';
import { synth } from './synth.ts';
import { tokenize } from './tokenize.ts';
import { tune } from './tune.ts';

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  chat,
  run,
  tokenize,
  logits,
  inspect,
  convert,
  synth,
  pull,
  list,
  rm,
  tune,
];
