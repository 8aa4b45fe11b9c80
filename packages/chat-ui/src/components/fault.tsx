import { explain } from '@tama/errors';
import type { ReactNode } from 'react';
import { useLocale, useMessages } from './preferences.tsx';

/** What went wrong with one thing among others, and what to do about it. */
export function Fault({
  error,
  heading,
  children,
}: {
  readonly error: unknown;
  readonly heading?: string;
  readonly children?: ReactNode;
}) {
  const { what, remedy } = explain(error, useLocale());
  return (
    <div className="tama-fault" role="alert">
      {heading ? <p>{heading}</p> : null}
      <p>{what}</p>
      {remedy ? <p>{remedy}</p> : null}
      {children}
    </div>
  );
}

export function Again({ onAgain }: { readonly onAgain: () => void }) {
  return (
    <p className="tama-buttons">
      <button type="button" className="tama-button" onClick={onAgain}>
        {useMessages().models.again}
      </button>
    </p>
  );
}
