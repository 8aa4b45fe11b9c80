import { type ReactNode, useRef } from 'react';
import { CopyButton } from '../components/copy-button.tsx';
import { useMessages } from '../components/preferences.tsx';

export function CodeBlock({ children }: { readonly children: ReactNode }) {
  const t = useMessages();
  const pre = useRef<HTMLPreElement>(null);
  return (
    <div className="tama-code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard */}
      <pre ref={pre} tabIndex={0}>
        {children}
      </pre>
      <CopyButton label={t.message.copyCode} text={() => pre.current?.textContent ?? ''} />
    </div>
  );
}
