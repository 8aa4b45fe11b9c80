import { useEffect, useState } from 'react';
import { IconButton } from './icon-button.tsx';
import { CheckIcon, CopyIcon } from './icons.tsx';
import { useMessages } from './preferences.tsx';

/** Copies a text, and shows and says for two seconds that it did. */
export function CopyButton({ label, text }: { readonly label: string; readonly text: () => string }) {
  const t = useMessages();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
    } catch {
      // The browser refused (no focus, no permission): the button keeps its old face, nothing was copied.
    }
  }
  return (
    <>
      <IconButton label={copied ? t.message.copied : label} onClick={copy}>
        {copied ? <CheckIcon /> : <CopyIcon />}
      </IconButton>
      <span className="tama-hidden" role="status">
        {copied ? t.message.copied : ''}
      </span>
    </>
  );
}
