import { createStore, type StoreApi } from 'zustand/vanilla';
import { defaultSettings, parseSettings, type Settings } from './settings.ts';

/** Where {@link createSettingsStore} keeps the settings. The boot script of apps/web reads the same key. */
export const settingsKey = 'tama.settings';

export type SettingsStore = Pick<StoreApi<Settings>, 'getState' | 'getInitialState' | 'subscribe'> & {
  change(changes: Partial<Settings>): void;
  /** Answers take their defaults again; language, theme and keys stay. */
  resetAnswers(): void;
};

type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem'>;
/** What tells that another tab wrote into the storage: a window. */
type StorageEvents = {
  addEventListener(type: 'storage', listener: (event: { readonly key: string | null }) => void): void;
};

/**
 * The reader's settings, kept in `localStorage` where the browser allows it, else for this visit. What another tab
 * changes is taken over, so that a later change here does not undo it.
 */
export function createSettingsStore(storage: KeyValueStorage | undefined, otherTabs?: StorageEvents): SettingsStore {
  const store = createStore<Settings>()(() => defaultSettings);
  store.setState(read(storage), true);
  otherTabs?.addEventListener('storage', ({ key }) => {
    if (key === settingsKey) store.setState(read(storage), true);
  });
  return {
    getState: store.getState,
    // The server's page knows no settings: the first render in the browser has to agree with it.
    getInitialState: () => defaultSettings,
    subscribe: store.subscribe,
    change(changes) {
      store.setState(parseSettings({ ...store.getState(), ...changes }), true);
      write(storage, store.getState());
    },
    resetAnswers() {
      const { temperature, topK, topP, seed, systemPrompt } = defaultSettings;
      this.change({ temperature, topK, topP, seed, systemPrompt });
    },
  };
}

function read(storage: KeyValueStorage | undefined): Settings {
  try {
    return parseSettings(JSON.parse(storage?.getItem(settingsKey) ?? 'null'));
  } catch {
    return defaultSettings;
  }
}

function write(storage: KeyValueStorage | undefined, settings: Settings): void {
  try {
    storage?.setItem(settingsKey, JSON.stringify(settings));
  } catch {
    // A full or forbidden store: the settings hold for this visit.
  }
}
