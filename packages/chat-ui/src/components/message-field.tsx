import { type KeyboardEvent, type Ref, useId } from 'react';
import { isComposing, wantsToSend } from '../input/composition.ts';
import { useSettings } from './preferences.tsx';

/** Characters that fill the field however small they are. */
const mostMeasured = 4000;

type Props = {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly onChange: (value: string) => void;
  readonly onSend: () => void;
  /** Escape, when no input method wants it. */
  readonly onEscape?: () => void;
  readonly ref?: Ref<HTMLTextAreaElement>;
};

/** A text field that grows with its text, sends on the reader's key and leaves the input method's keys alone. */
export function MessageField({ label, value, placeholder, hint, onChange, onSend, onEscape, ref }: Props) {
  const { sendKey } = useSettings();
  const hintId = useId();

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    const { nativeEvent } = event;
    if (isComposing(nativeEvent)) return;
    if (wantsToSend(nativeEvent, sendKey)) {
      event.preventDefault();
      onSend();
    } else if (nativeEvent.key === 'Escape') {
      onEscape?.();
    }
  }
  return (
    // The invisible copy of the text in ::after gives the cell its height; the field fills the cell. More text than the
    // largest field shows would be laid out twice at every key.
    <div className="tama-field" data-value={`${value.slice(0, mostMeasured)} `}>
      <textarea
        ref={ref}
        rows={1}
        value={value}
        placeholder={placeholder}
        aria-label={label}
        aria-describedby={hint ? hintId : undefined}
        enterKeyHint={sendKey === 'enter' ? 'send' : 'enter'}
        spellCheck="false"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {hint ? (
        <span className="tama-hidden" id={hintId}>
          {hint}
        </span>
      ) : null}
    </div>
  );
}
