import { type FormEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { isRunning } from '../chat/conversation.ts';
import { SendIcon, StopIcon } from './icons.tsx';
import { MessageField } from './message-field.tsx';
import { useMessages, useSettings } from './preferences.tsx';

export type ComposerHandle = { focus(): void };

export function Composer({
  chat,
  demo,
  ref,
}: {
  readonly chat: Chat;
  readonly demo: boolean;
  readonly ref?: Ref<ComposerHandle>;
}) {
  const t = useMessages();
  const { sendKey } = useSettings();
  const [draft, setDraft] = useState('');
  // Not the state to begin with: the static page, which the first render has to agree with, knows no draft.
  useEffect(() => setDraft((typed) => typed || chat.draftBefore), [chat]);
  useEffect(() => chat.rememberDraft(draft), [chat, draft]);
  const field = useRef<HTMLTextAreaElement>(null);
  const running = useStore(chat, ({ conversation }) => isRunning(conversation.messages.at(-1)));
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }), []);

  const blank = draft.trim() === '';
  function send() {
    // While a reply runs the text stays in the field.
    if (running || blank) return;
    chat.send(draft);
    setDraft('');
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    if (running) chat.stop();
    else send();
    field.current?.focus();
  }
  return (
    <form className="tama-composer" onSubmit={submit}>
      <MessageField
        ref={field}
        label={t.composer.label}
        placeholder={demo ? t.composer.placeholderDemo : t.composer.placeholder}
        hint={sendKey === 'enter' ? t.composer.hintEnter : t.composer.hintModEnter(modKey())}
        value={draft}
        onChange={setDraft}
        onSend={send}
        onEscape={() => running && chat.stop()}
      />
      <button
        type="submit"
        className="tama-send"
        aria-label={running ? t.composer.stop : t.composer.send}
        title={running ? t.composer.stop : t.composer.send}
        // Not `disabled`, which would take the focus away from who has just pressed it.
        aria-disabled={!running && blank}
      >
        {running ? <StopIcon /> : <SendIcon />}
      </button>
    </form>
  );
}

/** The modifier of this keyboard: ⌘ on Apple's, else Ctrl. */
export function modKey(): string {
  return typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform) ? '⌘' : 'Ctrl';
}
