'use client';
import type { SettingsStore } from '../settings/settings-store.ts';
import { Jewel } from './jewel.tsx';
import { PreferencesProvider, useMessages } from './preferences.tsx';

export function NotFoundPage({ settings, chatHref }: { readonly settings: SettingsStore; readonly chatHref: string }) {
  return (
    <PreferencesProvider settings={settings}>
      <NotFound chatHref={chatHref} />
    </PreferencesProvider>
  );
}

function NotFound({ chatHref }: { readonly chatHref: string }) {
  const t = useMessages().notFound;
  return (
    <main className="tama-page tama-not-found">
      <Jewel />
      <h1>{t.title}</h1>
      <p>{t.text}</p>
      <p>
        <a href={chatHref}>{t.back}</a>
      </p>
    </main>
  );
}
