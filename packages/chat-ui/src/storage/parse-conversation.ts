import type { Usage } from '@tama/core';
import type { SerialisedError } from '@tama/errors';
import type { Conversation, Message, ReplyMessage, ReplyState } from '../chat/conversation.ts';

/** The version of what is stored. A record of another version is left alone: neither shown nor overwritten. */
export const schemaVersion = 1;

export type StoredConversation = Conversation & { readonly schema: typeof schemaVersion };

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isCount = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;

/** A stored record, trusted no more than a stranger's file: undefined unless every field is what it should be. */
export function parseConversation(record: unknown): Conversation | undefined {
  if (!isFields(record) || record.schema !== schemaVersion) return undefined;
  const { id, createdAt, updatedAt, messages } = record;
  if (typeof id !== 'string' || !isCount(createdAt) || !isCount(updatedAt) || !Array.isArray(messages))
    return undefined;
  const parsed = messages.map(parseMessage);
  return parsed.includes(undefined) ? undefined : { id, createdAt, updatedAt, messages: parsed as Message[] };
}

function parseMessage(record: unknown): Message | undefined {
  if (!isFields(record)) return undefined;
  const { id, role, text } = record;
  if (typeof id !== 'string' || typeof text !== 'string') return undefined;
  if (role === 'user') return { id, role, text };
  if (role !== 'assistant') return undefined;

  const { ids, state, model, usage, error, forgotten } = record;
  if (!Array.isArray(ids) || !ids.every(isCount) || !isReplyState(state) || !isCount(forgotten)) return undefined;
  return {
    id,
    role,
    text,
    ids,
    // Whatever was running when the page closed no longer is.
    state: state === 'waiting' || state === 'streaming' ? 'stopped' : state,
    model: parseModel(model),
    usage: parseUsage(usage),
    error: parseError(error),
    forgotten,
  };
}

const replyStates: readonly ReplyState[] = ['waiting', 'streaming', 'complete', 'stopped', 'truncated', 'failed'];
const isReplyState = (value: unknown): value is ReplyState => replyStates.includes(value as ReplyState);

function parseModel(value: unknown): ReplyMessage['model'] {
  if (!isFields(value)) return undefined;
  const { name, demo } = value;
  return typeof name === 'string' && typeof demo === 'boolean' ? { name, demo } : undefined;
}

function parseUsage(value: unknown): Usage | undefined {
  if (!isFields(value)) return undefined;
  const { promptTokens, cachedTokens, completionTokens, prefillMs, decodeMs } = value;
  return isCount(promptTokens) &&
    isCount(cachedTokens) &&
    isCount(completionTokens) &&
    isCount(prefillMs) &&
    isCount(decodeMs)
    ? { promptTokens, cachedTokens, completionTokens, prefillMs, decodeMs }
    : undefined;
}

function parseError(value: unknown): SerialisedError | undefined {
  if (!isFields(value) || typeof value.name !== 'string' || typeof value.code !== 'string') return undefined;
  const { name, code, texts } = value;
  if (!isFields(texts)) return undefined;
  const { en, ja } = texts;
  if (!isErrorText(en) || !isErrorText(ja)) return undefined;
  return { name, code, texts: { en, ja }, details: {} };
}

function isErrorText(value: unknown): value is { readonly what: string; readonly remedy: string } {
  return isFields(value) && typeof value.what === 'string' && typeof value.remedy === 'string';
}
