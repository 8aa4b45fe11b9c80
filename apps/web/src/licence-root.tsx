'use client';
import { LicencePage } from '@tama/chat-ui';
import { settings } from './settings.ts';

export function LicenceRoot() {
  return <LicencePage settings={settings} chatHref="/" thirdPartyHref="/third-party-licences.txt" />;
}
