import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { IconButton } from './icon-button.tsx';
import { HistoryIcon, NewChatIcon, SettingsIcon } from './icons.tsx';
import { Jewel } from './jewel.tsx';
import { fractionOf } from './model-progress.tsx';
import { useMessages } from './preferences.tsx';

export type PanelName = 'model' | 'settings' | 'history';

type Props = {
  readonly chat: Chat;
  readonly onOpen: (panel: PanelName) => void;
  readonly onNewChat: () => void;
};

export function Header({ chat, onOpen, onNewChat }: Props) {
  const t = useMessages();
  return (
    <header className="tama-header">
      <div className="tama-header-side">
        <IconButton label={t.header.history} onClick={() => onOpen('history')}>
          <HistoryIcon />
        </IconButton>
        <h1 className="tama-wordmark">
          Tama<span lang="ja">玉</span>
        </h1>
      </div>
      <div className="tama-header-side">
        <ModelButton chat={chat} onClick={() => onOpen('model')} />
        <IconButton label={t.header.settings} onClick={() => onOpen('settings')}>
          <SettingsIcon />
        </IconButton>
        <IconButton label={t.header.newChat} onClick={onNewChat}>
          <NewChatIcon />
        </IconButton>
      </div>
    </header>
  );
}

/** Which model answers, and how far it is. */
function ModelButton({ chat, onClick }: { readonly chat: Chat; readonly onClick: () => void }) {
  const t = useMessages();
  const model = useStore(chat, (state) => state.model);
  const name =
    model.phase === 'ready'
      ? model.demo
        ? t.demo.label
        : model.info.name
      : model.phase === 'failed'
        ? t.model.failed
        : t.status.loading;
  const loading = model.phase === 'loading' || model.phase === 'checking';
  return (
    <button
      type="button"
      className="tama-model-button"
      aria-label={t.header.model(name)}
      title={model.phase === 'ready' ? model.info.name : name}
      data-phase={model.phase}
      onClick={onClick}
    >
      <Jewel state={loading ? 'working' : model.phase === 'failed' ? 'failed' : 'still'} progress={fractionOf(model)} />
      <span>{name}</span>
    </button>
  );
}
