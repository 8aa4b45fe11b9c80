/**
 * The address as the browser understands it, if a link of a model may lead there: absolute http, https or mailto.
 * Undefined for all else, `javascript:` and addresses of this site included.
 */
export function safeUrl(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url : undefined;
}

/** Where a link leads, short, with a disguised name in punycode: `example.com`, `xn--pple-43d.com`. */
export function destinationOf(url: URL): string {
  return url.protocol === 'mailto:' ? url.pathname : url.host;
}
