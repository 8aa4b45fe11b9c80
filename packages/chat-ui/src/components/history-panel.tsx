import { type ChangeEvent, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { languageOf } from '../i18n/locale.ts';
import { chatsFile, parseChatsFile } from '../storage/chats-file.ts';
import { ConfirmButton } from './confirm-button.tsx';
import { Fault } from './fault.tsx';
import { ExportIcon, ImportIcon, TrashIcon } from './icons.tsx';
import { Panel } from './panel.tsx';
import { useLocale, useMessages } from './preferences.tsx';

export function HistoryPanel({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) {
  const t = useMessages();
  const h = t.history;
  const locale = useLocale();
  const history = useStore(chat, (state) => state.history);
  const persistent = useStore(chat, (state) => state.persistent);
  const unsaved = useStore(chat, (state) => state.unsaved);
  const openId = useStore(chat, ({ conversation }) => conversation.id);
  const list = useRef<HTMLUListElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState<{ readonly error: unknown }>();
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

  async function open(id: string) {
    await chat.openChat(id);
    onClose();
  }
  async function remove(id: string) {
    await chat.removeChat(id);
    // The button that had the focus is gone.
    list.current?.focus();
  }
  async function importChats({ target }: ChangeEvent<HTMLInputElement>) {
    const [chosen] = target.files ?? [];
    // So that the same file can be chosen again.
    target.value = '';
    setRefused(undefined);
    if (!chosen) return;
    try {
      await chat.addChats(parseChatsFile(await chosen.text(), chosen.name));
    } catch (error) {
      setRefused({ error });
    }
  }
  return (
    <Panel heading={h.heading} closeLabel={h.close} side="start" onClose={onClose}>
      <p className="tama-help">{persistent ? h.stored : h.notStored}</p>
      {history.length === 0 ? <p className="tama-history-empty">{h.empty}</p> : null}
      <ul className="tama-history" ref={list} tabIndex={-1} aria-label={h.heading}>
        {history.map(({ id, title, updatedAt }) => (
          <li key={id}>
            <button
              type="button"
              className="tama-history-open"
              aria-current={id === openId ? 'true' : undefined}
              onClick={() => open(id)}
            >
              <span lang={languageOf(title)}>{title || h.untitled}</span>
              <time dateTime={new Date(updatedAt).toISOString()}>{date.format(updatedAt)}</time>
            </button>
            <ConfirmButton
              className="tama-icon-button"
              text={<TrashIcon />}
              label={h.remove(title || h.untitled)}
              sure={h.removeSure}
              onConfirm={() => remove(id)}
            />
          </li>
        ))}
      </ul>
      <div className="tama-panel-foot">
        <button type="button" className="tama-button" onClick={() => file.current?.click()}>
          <ImportIcon /> {h.import}
        </button>
        <input ref={file} hidden type="file" accept=".json" onChange={importChats} data-open="chats" />
        {history.length > 0 || unsaved ? (
          <>
            <button type="button" className="tama-button" onClick={() => exportChats(chat)}>
              <ExportIcon /> {h.export}
            </button>
            <ConfirmButton
              text={h.removeAll}
              sure={h.removeAllSure}
              onConfirm={() => chat.removeAllChats().then(onClose)}
            />
          </>
        ) : null}
        {refused ? <Fault error={refused.error} /> : null}
      </div>
    </Panel>
  );
}

/** All chats as one JSON file, through the browser's own download. */
async function exportChats(chat: Chat): Promise<void> {
  const url = URL.createObjectURL(new Blob([chatsFile(await chat.allChats())], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `tama-chats-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
