import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { isRunning } from '../chat/conversation.ts';
import { useMessages, useSettings } from './preferences.tsx';

/** Tells screen readers, politely and once, what sighted readers see happen: loading, generating, done. */
export function Announcer({ chat }: { readonly chat: Chat }) {
  const t = useMessages();
  const { announceReplies } = useSettings();
  const last = useStore(chat, ({ conversation }) => conversation.messages.at(-1));
  const model = useStore(chat, (state) => state.model);
  const [text, setText] = useState('');

  // Only changes are news: an old chat that is opened, or a language that is switched, is not.
  const before = useRef<{ readonly id: string; readonly running: boolean } | undefined>(undefined);
  const running = isRunning(last);
  useEffect(() => {
    const was = before.current;
    before.current = last ? { id: last.id, running } : undefined;
    if (last?.role !== 'assistant') return;
    if (running && !was?.running) setText(t.status.generating);
    if (running || was?.id !== last.id || !was.running) return;
    if (last.state === 'stopped') setText(t.status.stopped);
    else if (last.state === 'failed') setText(t.status.failed);
    else setText(announceReplies ? t.status.completeWith(last.text) : t.status.complete);
  }, [last, running, announceReplies, t]);

  const readyName = model.phase === 'ready' ? model.info.name : undefined;
  const announced = useRef<string | undefined>(undefined);
  useEffect(() => {
    // A reply that has waited for the model says more than that it is there.
    if (readyName !== undefined && readyName !== announced.current && !running) setText(t.status.modelReady(readyName));
    announced.current = readyName;
  }, [readyName, running, t]);

  return (
    <div className="tama-hidden" role="status" data-announcer="">
      {text}
    </div>
  );
}
