import { createSettingsStore } from '@tama/chat-ui';
import { browserStorage } from './browser-storage.ts';

/** One store for all pages of the site, in all its tabs. */
export const settings = createSettingsStore(browserStorage('localStorage'), globalThis.window);
