import { BadUrlError } from './http-errors.ts';

/** A URL in whole, or one that is meant relative to `base`. @throws {BadUrlError} */
export function fetchableUrl(text: string | URL, base?: string): URL {
  if (!URL.canParse(text, base)) throw new BadUrlError(String(text));
  const url = new URL(text, base);
  // A drive of Windows reads as a scheme.
  if (/^(file|[a-z]):$/.test(url.protocol)) throw new BadUrlError(String(text));
  return url;
}
