import { type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { isComposing } from '../input/composition.ts';
import { IconButton } from './icon-button.tsx';
import { CloseIcon } from './icons.tsx';

type Props = {
  readonly heading: string;
  readonly closeLabel: string;
  readonly side?: 'start' | 'end';
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** A sheet over the page: a modal dialog, so that the browser keeps the focus inside and gives it back after. */
export function Panel({ heading, closeLabel, side = 'end', onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const headingId = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);

  const close = () => dialog.current?.close();
  // An input method's Escape takes a conversion back; the dialog must not close for it.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && isComposing(event.nativeEvent)) event.preventDefault();
  };
  const onBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) close();
  };
  return (
    <dialog
      ref={dialog}
      className="tama-panel"
      data-side={side}
      aria-labelledby={headingId}
      onClose={onClose}
      onKeyDown={onKeyDown}
      onClick={onBackdrop}
    >
      <div className="tama-panel-inside">
        <div className="tama-panel-head">
          <h2 id={headingId}>{heading}</h2>
          <IconButton label={closeLabel} onClick={close}>
            <CloseIcon />
          </IconButton>
        </div>
        <div className="tama-panel-body">{children}</div>
      </div>
    </dialog>
  );
}
