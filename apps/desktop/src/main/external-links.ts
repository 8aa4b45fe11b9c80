const allowedProtocols = new Set(['https:', 'http:', 'mailto:']);

// Windows hands the address to a shell function that takes no more than this.
const maximumLength = 2048;

/** The address in normal form where a browser or mail program may have it, else undefined. */
export function safeExternalUrl(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, username, password, href } = new URL(address);
  // `https://bank.example@evil.example` shows one name and opens another.
  const misleads = username !== '' || password !== '';
  return allowedProtocols.has(protocol) && !misleads && href.length <= maximumLength ? href : undefined;
}

/**
 * The one way out of the app. Every link passes here: an operating system runs programs for other schemes.
 * https://www.electronjs.org/docs/latest/tutorial/security#15-do-not-use-shellopenexternal-with-untrusted-content
 *
 * @returns whether the address was opened
 */
export async function openExternalSafe(
  shell: { openExternal: (url: string) => Promise<void> },
  address: string,
): Promise<boolean> {
  const url = safeExternalUrl(address);
  if (url) await shell.openExternal(url);
  return url !== undefined;
}
