import { ChatContentError, ChatRoleError, NoTurnMarkersError } from './errors.ts';
import { strip } from './strip.ts';
import type { EncodeOptions, Tokenizer } from './tokenizer.ts';
import { END_OF_TURN, START_OF_TURN } from './vocabulary.ts';

export type ChatMessage = {
  /** `model` is Gemma's own word for `assistant`. */
  readonly role: 'system' | 'user' | 'assistant' | 'model';
  readonly content: string;
};

export type RenderOptions = {
  /** End with the head of the model's turn, so that the model goes on with an answer. Default true. */
  readonly addGenerationPrompt?: boolean;
};

export type EncodeChatOptions = RenderOptions & {
  /** See {@link EncodeOptions}; in a conversation the default is `text`. */
  readonly turnMarkers?: NonNullable<EncodeOptions['turnMarkers']>;
};

/**
 * The ids of a conversation in Gemma 2's template, beginning with exactly one `<bos>`.
 *
 * @throws ChatRoleError unless user and assistant take turns, beginning with the user
 * @throws ChatContentError where the content of a message is no text
 * @throws NoTurnMarkersError for a vocabulary without `<start_of_turn>` and `<end_of_turn>`
 */
export function encodeChat(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  { addGenerationPrompt = true, turnMarkers = 'text' }: EncodeChatOptions = {},
): number[] {
  const { bos, startOfTurn, endOfTurn } = tokenizer.vocabulary.special;
  if (startOfTurn === undefined || endOfTurn === undefined) throw new NoTurnMarkersError();
  // The markers never merge with their neighbours, so the text between them can be encoded apart.
  const ids = [bos];
  const push = (text: string) => {
    for (const id of tokenizer.encode(text, { turnMarkers })) ids.push(id);
  };
  for (const { role, text } of turns(messages)) {
    ids.push(startOfTurn);
    push(`${role}\n${text}`);
    ids.push(endOfTurn);
    push('\n');
  }
  if (addGenerationPrompt) {
    ids.push(startOfTurn);
    push('model\n');
  }
  return ids;
}

/** The same conversation as text, `<bos>` included: for people to read, not to be encoded again. */
export function renderChat(
  messages: readonly ChatMessage[],
  { addGenerationPrompt = true }: RenderOptions = {},
): string {
  const rendered = turns(messages).map(({ role, text }) => `${START_OF_TURN}${role}\n${text}${END_OF_TURN}\n`);
  return `<bos>${rendered.join('')}${addGenerationPrompt ? `${START_OF_TURN}model\n` : ''}`;
}

type Turn = { readonly role: 'user' | 'model'; readonly text: string };

/** Gemma knows no system role: such text goes before that of the user turn which follows, with an empty line between. */
function turns(messages: readonly ChatMessage[]): Turn[] {
  const turns: Turn[] = [];
  let system: string[] = [];
  messages.forEach(({ role, content }, index) => {
    const due = turns.at(-1)?.role === 'user' ? 'assistant' : 'user';
    if (typeof content !== 'string')
      throw new ChatContentError(index, Array.isArray(content) ? 'array' : typeof content);
    const text = strip(content);
    if (role === 'system' && due === 'user') {
      if (text) system.push(text);
    } else if (role === 'user' && due === 'user') {
      turns.push({ role: 'user', text: [...system, text].join('\n\n') });
      system = [];
    } else if ((role === 'assistant' || role === 'model') && due === 'assistant') {
      turns.push({ role: 'model', text });
    } else {
      throw new ChatRoleError(index, role, due);
    }
  });
  if (turns.length === 0 || messages.at(-1)?.role === 'system') {
    throw new ChatRoleError(messages.length, undefined, 'user');
  }
  return turns;
}
