import { bootScript } from '@tama/chat-ui';
import type { Metadata, Viewport } from 'next';
import localFont from 'next/font/local';
import type { ReactNode } from 'react';
import '@tama/chat-ui/styles.css';

const sans = localFont({
  src: '../node_modules/@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2',
  weight: '200 900',
  variable: '--font-latin',
  adjustFontFallback: false,
});
const serif = localFont({
  src: '../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2',
  weight: '200 900',
  variable: '--font-latin-display',
  adjustFontFallback: false,
});

export const metadata: Metadata = {
  title: 'Tama: Gemma 2 in your browser',
  description: 'Gemma 2 in the browser, on WebGPU kernels written by hand. Everything runs on your own device.',
  applicationName: 'Tama',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f8fbf9' },
    { media: '(prefers-color-scheme: dark)', color: '#0e1614' },
  ],
  // Phones: the keyboard takes its space from the page, so that the composer stays in view.
  interactiveWidget: 'resizes-content',
};

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  return (
    // The boot script changes attributes of <html> before React sees them.
    <html lang="en" className={`${sans.variable} ${serif.variable}`} suppressHydrationWarning>
      <head>
        {/* A constant of ours; its hash is in the page's policy. */}
        <script dangerouslySetInnerHTML={{ __html: bootScript }} />
      </head>
      <body>
        {children}
        <noscript>
          <p className="tama-noscript">
            Tama runs a language model in this page and needs JavaScript for it.
            <br />
            <span lang="ja">Tamaはこのページの中で言語モデルを動かすため、JavaScriptが必要です。</span>
          </p>
        </noscript>
      </body>
    </html>
  );
}
