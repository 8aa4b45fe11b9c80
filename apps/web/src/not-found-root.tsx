'use client';
import { NotFoundPage } from '@tama/chat-ui';
import { settings } from './settings.ts';

export function NotFoundRoot() {
  return <NotFoundPage settings={settings} chatHref="/" />;
}
