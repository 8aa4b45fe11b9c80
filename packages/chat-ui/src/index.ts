export { type Chat, type ChatOptions, type ChatState, createChat } from './chat/chat.ts';
export type {
  Conversation,
  ConversationSummary,
  Message,
  ReplyMessage,
  ReplyState,
  UserMessage,
} from './chat/conversation.ts';
export type { ModelState } from './chat/model-loader.ts';
export { ChatApp, type ChatAppProps } from './components/chat-app.tsx';
export { LicencePage } from './components/licence-page.tsx';
export { NotFoundPage } from './components/not-found-page.tsx';
export type { EngineHost, ModelSource } from './engine-host.ts';
export type { HubAccess, ModelStoreHost, RunningDownload } from './model-store-host.ts';
export { createModels, type Models, type ModelsOptions, type ModelsState } from './models/models.ts';
export { bootScript } from './settings/boot-script.ts';
export { defaultSettings, type Settings } from './settings/settings.ts';
export { createSettingsStore, type SettingsStore } from './settings/settings-store.ts';
export { type ConversationStorage, memoryStorage } from './storage/conversation-storage.ts';
export { openIndexedDbStorage } from './storage/indexed-db-storage.ts';
