'use client';
import { useEffect } from 'react';
import { licenceSections } from '../i18n/licence.ts';
import { Markdown } from '../markdown/markdown.tsx';
import type { SettingsStore } from '../settings/settings-store.ts';
import { PreferencesProvider, useLocale, useMessages } from './preferences.tsx';

type Props = {
  readonly settings: SettingsStore;
  readonly chatHref: string;
  /** The text file with the licences of what the page bundles. */
  readonly thirdPartyHref: string;
};

export function LicencePage({ settings, ...rest }: Props) {
  return (
    <PreferencesProvider settings={settings}>
      <Licences {...rest} />
    </PreferencesProvider>
  );
}

function Licences({ chatHref, thirdPartyHref }: Omit<Props, 'settings'>) {
  const t = useMessages();
  const sections = licenceSections[useLocale()];
  useEffect(() => {
    document.title = `${t.licence.title} · Tama`;
  }, [t]);
  return (
    <main className="tama-page">
      <p>
        <a href={chatHref}>← {t.licence.back}</a>
      </p>
      <h1>{t.licence.title}</h1>
      {sections.map(({ heading, paragraphs }) => (
        <section key={heading}>
          <h2>{heading}</h2>
          <Markdown text={paragraphs.join('\n\n')} />
        </section>
      ))}
      <p>
        <a href={thirdPartyHref}>{t.licence.thirdParty}</a>
      </p>
    </main>
  );
}
