import type { Locale } from '@tama/errors';
import { locales } from '../i18n/locale.ts';

export const themes = ['system', 'light', 'dark'] as const;
export const sendKeys = ['enter', 'mod-enter'] as const;
/** Sizes that graphics memory comes in, in GiB. */
export const graphicsMemories = [2, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128] as const;

export type Settings = {
  /** `auto` follows the browser. */
  readonly locale: Locale | 'auto';
  readonly theme: (typeof themes)[number];
  /** The key that sends: Enter, or Enter with Ctrl (Command on Apple keyboards). */
  readonly sendKey: (typeof sendKeys)[number];
  /** Screen readers hear the whole reply when it is complete, not only that it is. */
  readonly announceReplies: boolean;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 keeps all. */
  readonly topK: number;
  readonly topP: number;
  readonly seed: number | undefined;
  readonly systemPrompt: string;
  /** GiB of graphics memory that a model may take, as the reader says: browsers do not tell. */
  readonly graphicsMemory: (typeof graphicsMemories)[number] | undefined;
};

export const defaultSettings: Settings = {
  locale: 'auto',
  theme: 'system',
  sendKey: 'enter',
  announceReplies: false,
  temperature: 0,
  topK: 64,
  topP: 0.95,
  seed: undefined,
  systemPrompt: '',
  graphicsMemory: undefined,
};

/** What each number may be; the settings panel and {@link parseSettings} share it. */
export const ranges = {
  temperature: { min: 0, max: 2, step: 0.05 },
  topK: { min: 0, max: 1000, step: 1 },
  topP: { min: 0.05, max: 1, step: 0.05 },
  seed: { min: 0, max: 2 ** 32 - 1, step: 1 },
} as const;

/** Settings from stored JSON of any age: what is missing, unknown or out of range takes its default. */
export function parseSettings(stored: unknown): Settings {
  const value = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const oneOf = <T>(key: string, allowed: readonly T[], otherwise: T) =>
    allowed.includes(value[key] as T) ? (value[key] as T) : otherwise;
  const number = <T>(key: keyof typeof ranges, otherwise: T) => {
    const { min, max, step } = ranges[key];
    const candidate = value[key];
    const fits = typeof candidate === 'number' && candidate >= min && candidate <= max;
    return fits && (step !== 1 || Number.isInteger(candidate)) ? candidate : otherwise;
  };
  return {
    locale: oneOf('locale', ['auto', ...locales], defaultSettings.locale),
    theme: oneOf('theme', themes, defaultSettings.theme),
    sendKey: oneOf('sendKey', sendKeys, defaultSettings.sendKey),
    announceReplies: oneOf('announceReplies', [true, false], defaultSettings.announceReplies),
    temperature: number('temperature', defaultSettings.temperature),
    topK: number('topK', defaultSettings.topK),
    topP: number('topP', defaultSettings.topP),
    seed: number('seed', defaultSettings.seed),
    graphicsMemory: oneOf('graphicsMemory', [undefined, ...graphicsMemories], defaultSettings.graphicsMemory),
    systemPrompt: typeof value.systemPrompt === 'string' ? value.systemPrompt : defaultSettings.systemPrompt,
  };
}
