import { readFileSync } from 'node:fs';
import path from 'node:path';

export type Conversation = {
  readonly users: readonly string[];
  readonly replies: readonly { readonly ids: readonly number[]; readonly text: string }[];
};

const file = path.join(import.meta.dirname, '../../../models/demo/goldens.json');
const conversations: readonly Conversation[] = JSON.parse(readFileSync(file, 'utf8')).replies;

/** The published conversation that begins with these messages of the user. */
export function golden(...users: readonly string[]): Conversation {
  const found = conversations.find((conversation) => conversation.users.join('\n') === users.join('\n'));
  if (!found) throw new Error(`goldens.json has no conversation of ${JSON.stringify(users)}.`);
  return found;
}
