import { type ReactNode, useState } from 'react';

type Props = {
  readonly text: ReactNode;
  /** Its name for screen readers, where the text alone does not tell what is meant. */
  readonly label?: string;
  /** What it asks back before it does anything. */
  readonly sure: string;
  readonly onConfirm: () => void;
  /** How it looks while it does not ask. */
  readonly className?: string;
};

const danger = 'tama-button tama-button-danger';

/** A button for what cannot be taken back: it acts on the second press, and forgets the first when it is left. */
export function ConfirmButton({ text, label, sure, onConfirm, className = danger }: Props) {
  const [asking, setAsking] = useState(false);
  return (
    <button
      type="button"
      className={asking ? danger : className}
      aria-label={asking ? undefined : label}
      title={asking ? undefined : label}
      onClick={() => (asking ? onConfirm() : setAsking(true))}
      onBlur={() => setAsking(false)}
    >
      {asking ? sure : text}
    </button>
  );
}
