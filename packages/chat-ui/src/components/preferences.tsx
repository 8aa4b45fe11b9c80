'use client';
import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { detectLocale, type Locale } from '../i18n/locale.ts';
import { type Messages, messages } from '../i18n/messages.ts';
import type { SettingsStore } from '../settings/settings-store.ts';

type Preferences = {
  readonly settings: SettingsStore;
  readonly locale: Locale;
  /** What the browser asks for, whatever the settings say. */
  readonly detected: Locale;
};

const PreferencesContext = createContext<Preferences | undefined>(undefined);

/** Gives everything inside it the reader's language and settings, and tells the document language and theme. */
export function PreferencesProvider({
  settings,
  children,
}: {
  readonly settings: SettingsStore;
  readonly children: ReactNode;
}) {
  const { locale: chosen, theme } = useStore(settings);
  const detected = useSyncExternalStore(onLanguageChange, () => detectLocale(navigator.languages), serverLocale);
  const locale = chosen === 'auto' ? detected : chosen;

  useEffect(() => {
    const { documentElement } = document;
    documentElement.lang = locale;
    // Set by the page's boot script, which hides the English of the static page from readers of another language.
    delete documentElement.dataset.pending;
  }, [locale]);
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (theme === 'system') delete dataset.theme;
    else dataset.theme = theme;
  }, [theme]);

  return <PreferencesContext value={{ settings, locale, detected }}>{children}</PreferencesContext>;
}

function onLanguageChange(changed: () => void): () => void {
  window.addEventListener('languagechange', changed);
  return () => window.removeEventListener('languagechange', changed);
}

const serverLocale = () => 'en' as const;

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) throw new Error('This component needs a PreferencesProvider around it.');
  return preferences;
}

export const useLocale = (): Locale => usePreferences().locale;
export const useMessages = (): Messages => messages[usePreferences().locale];
export const useSettings = () => useStore(usePreferences().settings);
