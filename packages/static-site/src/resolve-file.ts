import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/**
 * The file under `root` that a URL's path names, as static hosts read a Next export: `/` is `index.html`, `/chat` is
 * `chat.html` or `chat/index.html`. `undefined` where there is none, or where the path would leave `root`: by dots, by
 * an encoded separator, by a drive or stream name, or through a symbolic link.
 */
export async function resolveFile(root: string, pathname: string): Promise<string | undefined> {
  const segments = decodeSegments(pathname);
  if (!segments) return undefined;
  const base = join(root, ...segments);
  const isFolder = pathname.endsWith('/');
  const candidates = isFolder ? [join(base, 'index.html')] : [base, `${base}.html`, join(base, 'index.html')];
  const realRoot = await realpath(root);
  for (const candidate of candidates) {
    const real = await realpath(candidate).catch(() => undefined);
    if (real?.startsWith(realRoot + sep) && (await stat(real)).isFile()) return real;
  }
  return undefined;
}

/** Each segment is decoded once, so that `%252e` stays the harmless name `%2e`. */
function decodeSegments(pathname: string): string[] | undefined {
  try {
    const segments = pathname
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
    return segments.some(leavesFolder) ? undefined : segments;
  } catch {
    return undefined; // a malformed escape
  }
}

function leavesFolder(segment: string): boolean {
  // Windows reads `..`, `.. ` and `...` alike, `\` as a separator and `:` as a drive or a stream.
  return /^\.+\s*$/.test(segment) || /[/\\:\0]/.test(segment);
}
