import { createHash } from 'node:crypto';

/**
 * Where workers may read weights from: any server over https, and one on this machine, which browsers count as safe. The
 * reader names it, and a hub redirects to hosts of its own choice.
 */
const weightHosts = ['https:', 'http://localhost:*', 'http://127.0.0.1:*'];

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
 * The policy for a file that is no page, which rules the workers started from it: they may connect to where weights are,
 * and compile WebAssembly, which zstd is unpacked with; `'wasm-unsafe-eval'` allows that and no `eval`. They have no
 * document, and nothing that a model wrote reaches them as anything but data.
 */
export const workerSecurityPolicy = (): string =>
  policy({ scripts: ["'self'", "'wasm-unsafe-eval'"], connections: weightHosts });

/**
 * The policy for a page. It connects to its own site and nowhere else: models are fetched by workers. Next starts a page with inline scripts: those in `html` are allowed by their hashes,
 * and no other. Inline styles are allowed, as React sets them; images come from the site, so that nothing a model
 * writes can make the page call out.
 */
export const contentSecurityPolicy = (html: string): string =>
  policy({ scripts: ["'self'", ...inlineScriptHashes(html)], connections: [] });

type Allowed = { readonly scripts: readonly string[]; readonly connections: readonly string[] };

function policy({ scripts, connections }: Allowed): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' blob: data:",
    "manifest-src 'self'",
    `connect-src ${["'self'", 'blob:', 'data:', ...connections].join(' ')}`,
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
