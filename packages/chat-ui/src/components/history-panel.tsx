import { useState } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { languageOf } from '../i18n/locale.ts';
import { IconButton } from './icon-button.tsx';
import { ExportIcon, TrashIcon } from './icons.tsx';
import { Panel } from './panel.tsx';
import { useLocale, useMessages } from './preferences.tsx';

export function HistoryPanel({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) {
  const t = useMessages();
  const h = t.history;
  const locale = useLocale();
  const history = useStore(chat, (state) => state.history);
  const persistent = useStore(chat, (state) => state.persistent);
  const openId = useStore(chat, ({ conversation }) => conversation.id);
  const [sure, setSure] = useState(false);
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

  async function open(id: string) {
    await chat.openChat(id);
    onClose();
  }
  return (
    <Panel heading={h.heading} closeLabel={h.close} side="start" onClose={onClose}>
      <p className="tama-help">{persistent ? h.stored : h.notStored}</p>
      {history.length === 0 ? <p className="tama-history-empty">{h.empty}</p> : null}
      <ul className="tama-history">
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
            <IconButton label={h.remove(title || h.untitled)} onClick={() => chat.removeChat(id)}>
              <TrashIcon />
            </IconButton>
          </li>
        ))}
      </ul>
      {history.length > 0 ? (
        <p className="tama-panel-foot">
          <button type="button" className="tama-button" onClick={() => exportChats(chat)}>
            <ExportIcon /> {h.export}
          </button>
          <button
            type="button"
            className="tama-button tama-button-danger"
            onClick={() => (sure ? chat.removeAllChats().then(onClose) : setSure(true))}
            onBlur={() => setSure(false)}
          >
            {sure ? h.removeAllSure : h.removeAll}
          </button>
        </p>
      ) : null}
    </Panel>
  );
}

/** All chats as one JSON file, through the browser's own download. */
async function exportChats(chat: Chat): Promise<void> {
  const conversations = await chat.allChats();
  const json = JSON.stringify({ format: 'tama-chats', version: 1, conversations }, undefined, 2);
  const url = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `tama-chats-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
