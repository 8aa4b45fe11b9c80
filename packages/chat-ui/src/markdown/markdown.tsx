import { memo, type ReactNode, useId } from 'react';
import ReactMarkdown, { type Components, type Options } from 'react-markdown';
import remarkBreaks from 'remark-breaks';
import remarkCjkFriendly from 'remark-cjk-friendly';
import remarkCjkFriendlyGfmStrikethrough from 'remark-cjk-friendly-gfm-strikethrough';
import remarkGfm from 'remark-gfm';
import { useMessages } from '../components/preferences.tsx';
import { CodeBlock } from './code-block.tsx';
import { remarkBareAddress } from './remark-bare-address.ts';
import { remarkFormula } from './remark-formula.ts';
import { remarkLineBreak } from './remark-line-break.ts';
import { destinationOf, safeUrl } from './safe-url.ts';

const remarkPlugins: Options['remarkPlugins'] = [
  // Before GFM's own: emphasis beside 「」 and 。 follows the rules for text without spaces.
  remarkCjkFriendly,
  [remarkGfm, { singleTilde: false }],
  [remarkCjkFriendlyGfmStrikethrough, { singleTilde: false }],
  remarkFormula,
  remarkBareAddress,
  remarkLineBreak,
  // A model that breaks a line means it: a haiku is three lines.
  remarkBreaks,
];

// Model text has no place in the page's outline above the messages; the tags keep their order below it.
const components: Components = {
  a: ({ href, children }) => <Link href={href ?? ''}>{children}</Link>,
  img: ({ alt }) => <LeftOutImage alt={alt ?? ''} />,
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
  input: ({ checked }) => <span aria-hidden="true">{checked ? '☑ ' : '☐ '}</span>,
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard
    <div className="tama-table" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  h4: ({ children }) => <h6>{children}</h6>,
  h5: ({ children }) => <h6>{children}</h6>,
};

/**
 * A model's text, which is trusted with nothing: HTML in it is shown as text, but for line breaks, images are not loaded,
 * links lead only where {@link safeUrl} allows and say where.
 */
export const Markdown = memo(function Markdown({ text }: { readonly text: string }) {
  const id = useId();
  return (
    <div className="tama-markdown">
      <ReactMarkdown
        remarkPlugins={remarkPlugins}
        remarkRehypeOptions={{ clobberPrefix: id, footnoteLabel: '※', footnoteLabelTagName: 'p' }}
        // Links are judged where they are drawn, images are never drawn.
        urlTransform={(url) => url}
        components={components}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
});

function Link({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  const t = useMessages();
  const url = safeUrl(href);
  if (!url) return <span>{children}</span>;
  const destination = destinationOf(url);
  const shown = typeof children === 'string' ? children : '';
  return (
    <>
      <a href={url.href} title={t.message.linkOpens(url.href)} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
      {shown.includes(destination) ? null : <span className="tama-link-host"> ({destination})</span>}
    </>
  );
}

function LeftOutImage({ alt }: { readonly alt: string }) {
  return <span className="tama-left-out">{useMessages().message.imageLeftOut(alt)}</span>;
}
