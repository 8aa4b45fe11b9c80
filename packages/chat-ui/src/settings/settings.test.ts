import { describe, expect, it } from 'vitest';
import { defaultSettings, parseSettings } from './settings.ts';
import { createSettingsStore, settingsKey } from './settings-store.ts';

class MemoryStorage {
  readonly items = new Map<string, string>();
  getItem(key: string) {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.items.set(key, value);
  }
}

describe('parseSettings', () => {
  it.each([[null], ['x'], [[]], [{}], [{ temperature: '1', topK: 2.5, topP: 0, seed: -1, theme: 'pink', locale: 7 }]])(
    'gives the defaults for %j',
    (stored) => {
      expect(parseSettings(stored)).toEqual(defaultSettings);
    },
  );

  it('keeps what is valid beside what is not', () => {
    const parsed = parseSettings({ temperature: 0.7, topK: -3, seed: 42, locale: 'ja', unknown: 1 });
    expect(parsed).toEqual({ ...defaultSettings, temperature: 0.7, seed: 42, locale: 'ja' });
  });

  it('does not let NaN or infinity through', () => {
    expect(parseSettings({ temperature: Number.NaN, topP: Infinity })).toEqual(defaultSettings);
  });
});

describe('createSettingsStore', () => {
  it('remembers changes', () => {
    const storage = new MemoryStorage();
    createSettingsStore(storage).change({ theme: 'dark', seed: 7 });
    expect(createSettingsStore(storage).getState()).toEqual({ ...defaultSettings, theme: 'dark', seed: 7 });
  });

  it('follows what another tab changes, and does not undo it', () => {
    const storage = new MemoryStorage();
    const events = new EventTarget();
    const here = createSettingsStore(storage, events as unknown as Window);
    createSettingsStore(storage).change({ theme: 'dark' });
    events.dispatchEvent(Object.assign(new Event('storage'), { key: 'another' }));
    expect(here.getState().theme).toBe('system');
    events.dispatchEvent(Object.assign(new Event('storage'), { key: settingsKey }));
    expect(here.getState().theme).toBe('dark');
    here.change({ seed: 7 });
    expect(createSettingsStore(storage).getState()).toEqual({ ...defaultSettings, theme: 'dark', seed: 7 });
  });

  it('resets answers but not the language', () => {
    const store = createSettingsStore(new MemoryStorage());
    store.change({ locale: 'ja', temperature: 1, systemPrompt: 'Be brief.' });
    store.resetAnswers();
    expect(store.getState()).toEqual({ ...defaultSettings, locale: 'ja' });
  });

  it('survives a damaged entry and a store that refuses', () => {
    const damaged = new MemoryStorage();
    damaged.setItem(settingsKey, '{"theme":');
    expect(createSettingsStore(damaged).getState()).toEqual(defaultSettings);

    const refuse = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    const store = createSettingsStore({ getItem: refuse, setItem: refuse });
    store.change({ theme: 'light' });
    expect(store.getState().theme).toBe('light');
    expect(createSettingsStore(undefined).getState()).toEqual(defaultSettings);
  });
});
