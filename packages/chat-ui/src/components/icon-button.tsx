import type { ComponentProps, ReactNode } from 'react';

/** A button with an icon, whose label is its name for screen readers and its tooltip. */
export function IconButton({
  label,
  children,
  className = '',
  ...rest
}: { readonly label: string; readonly children: ReactNode } & ComponentProps<'button'>) {
  return (
    <button type="button" className={`tama-icon-button ${className}`.trim()} aria-label={label} title={label} {...rest}>
      {children}
    </button>
  );
}
