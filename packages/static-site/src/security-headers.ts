import { createHash } from 'node:crypto';

/** Hosts that weights may be read from, beside the site itself. */
const weightHosts = ['https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co'];

/** What every response carries: cross-origin isolation, no sniffing, no referrer, no device. */
export const isolationHeaders: Readonly<Record<string, string>> = {
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * The policy for one response. Next starts a page with inline scripts: those in `html` are allowed by their hashes,
 * and no other. Inline styles are allowed, as React sets them; images come from the site, so that nothing a model
 * writes can make the page call out.
 */
export function contentSecurityPolicy(html = ''): string {
  return [
    "default-src 'none'",
    `script-src ${["'self'", ...inlineScriptHashes(html)].join(' ')}`,
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' blob: data:",
    "manifest-src 'self'",
    `connect-src ${["'self'", 'blob:', 'data:', ...weightHosts].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function inlineScriptHashes(html: string): string[] {
  const scripts = html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi);
  const inline = [...scripts].filter(([, attributes = '']) => !/\bsrc\s*=/i.test(attributes));
  const hashes = inline.map(([, , text = '']) => createHash('sha256').update(text).digest('base64'));
  return [...new Set(hashes)].map((hash) => `'sha256-${hash}'`);
}
