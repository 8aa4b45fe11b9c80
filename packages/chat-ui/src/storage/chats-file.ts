import { TamaError } from '@tama/errors';
import type { Conversation } from '../chat/conversation.ts';
import { parseConversation, schemaVersion } from './parse-conversation.ts';

const format = 'tama-chats';

/** Chats as the text of a file that {@link parseChatsFile} reads again. */
export function chatsFile(conversations: readonly Conversation[]): string {
  return JSON.stringify({ format, version: schemaVersion, conversations }, undefined, 2);
}

/**
 * The chats in a file that was exported; what is no whole chat is left out.
 *
 * @throws {NotChatsFileError} where none is left
 */
export function parseChatsFile(text: string, name: string): Conversation[] {
  const { format: found, version, conversations } = parseJson(text);
  const known = found === format && version === schemaVersion && Array.isArray(conversations);
  const chats = known ? conversations.flatMap((chat) => parseConversation({ ...chat, schema: version }) ?? []) : [];
  if (chats.length === 0) throw new NotChatsFileError(name);
  return chats;
}

function parseJson(text: string): { readonly [field: string]: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** A file that was chosen to import chats from, and holds none. */
export class NotChatsFileError extends TamaError {
  constructor(name: string) {
    super(
      'not-chats-file',
      {
        en: {
          what: `'${name}' holds no chats that this page could read.`,
          remedy: 'Choose a file that was exported here, tama-chats-….json.',
        },
        ja: {
          what: `「${name}」には、このページで読めるチャットがありません。`,
          remedy: 'このページで書き出したファイル（tama-chats-….json）を選んでください。',
        },
      },
      { name },
    );
  }
}
