import type { Command } from '../command.ts';
import { chat } from './chat.ts';
import { inspect } from './inspect.ts';
import { logits } from './logits.ts';
import { run } from './run.ts';
import { tokenize } from './tokenize.ts';

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [chat, run, tokenize, logits, inspect];
