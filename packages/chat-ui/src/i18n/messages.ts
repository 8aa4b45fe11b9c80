import { en } from './en.ts';
import { ja } from './ja.ts';
import type { Locale } from './locale.ts';

/** The shape every language fills: the compiler names a key that a translation lacks. */
export type Messages = typeof en;

export const messages: Readonly<Record<Locale, Messages>> = { en, ja };
