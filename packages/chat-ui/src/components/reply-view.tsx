import { deserialiseError, explain } from '@tama/errors';
import { memo, useDeferredValue } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { isRunning, type ReplyMessage } from '../chat/conversation.ts';
import { formatNumber } from '../i18n/format.ts';
import { languageOf } from '../i18n/locale.ts';
import { Markdown } from '../markdown/markdown.tsx';
import { CopyButton } from './copy-button.tsx';
import { IconButton } from './icon-button.tsx';
import { AgainIcon } from './icons.tsx';
import { Jewel } from './jewel.tsx';
import { useLocale, useMessages, useSettings } from './preferences.tsx';
import { ReplyDetails } from './reply-details.tsx';

type Props = {
  readonly message: ReplyMessage;
  readonly chat: Chat;
  /** Undefined where there is no other answer to be had. */
  readonly onAgain: (() => void) | undefined;
};

export const ReplyView = memo(function ReplyView({ message, chat, onAgain }: Props) {
  const t = useMessages();
  const { temperature } = useSettings();
  const running = isRunning(message);
  // Drawing Markdown may lag behind a fast model; typing must not.
  const deferred = useDeferredValue(message.text);
  const text = running ? deferred : message.text;
  const again = temperature === 0 ? t.message.regenerateGreedy : t.message.regenerate;
  return (
    <article
      className="tama-message tama-reply"
      aria-label={t.message.model}
      aria-busy={running}
      data-role="assistant"
      data-state={message.state}
    >
      <div className="tama-reply-head">
        <Jewel state={running ? 'working' : message.state === 'failed' ? 'failed' : 'still'} />
        {message.state === 'waiting' ? (
          <Waiting chat={chat} />
        ) : message.model?.demo ? (
          <>
            {t.demo.label}
            <span className="tama-badge">{t.demo.badge}</span>
          </>
        ) : (
          message.model?.name
        )}
      </div>
      {text === '' ? null : (
        <div className="tama-reply-text" lang={languageOf(text)}>
          <Markdown text={text} />
        </div>
      )}
      <Ending message={message} />
      {running ? null : (
        <div className="tama-actions">
          {message.text === '' ? null : <CopyButton label={t.message.copy} text={() => message.text} />}
          {onAgain ? (
            <IconButton label={again} onClick={onAgain}>
              <AgainIcon />
            </IconButton>
          ) : null}
          {message.usage ? <ReplyDetails ids={message.ids} state={message.state} usage={message.usage} /> : null}
        </div>
      )}
    </article>
  );
});

function Waiting({ chat }: { readonly chat: Chat }) {
  const t = useMessages();
  const locale = useLocale();
  const prefill = useStore(chat, (state) => state.prefill);
  const ready = useStore(chat, ({ model }) => model.phase === 'ready');
  const count = (value: number) => formatNumber(value, locale);
  const text = !ready
    ? t.message.waitingForModel
    : prefill && prefill.processed < prefill.total
      ? t.message.reading(count(prefill.processed), count(prefill.total))
      : t.message.thinking;
  return <span>{text}</span>;
}

/** What the reader should know about how a reply ended, where it did not end by itself. */
function Ending({ message }: { readonly message: ReplyMessage }) {
  const t = useMessages();
  const locale = useLocale();
  if (message.state === 'failed') {
    const { what, remedy } = message.error
      ? explain(deserialiseError(message.error), locale)
      : { what: t.message.failed, remedy: '' };
    return (
      <p className="tama-ending tama-ending-failed" role="alert">
        <strong>{what}</strong> {remedy}
      </p>
    );
  }
  const note =
    message.state === 'stopped'
      ? t.message.stopped
      : message.state === 'truncated'
        ? t.message.lengthReached
        : message.state === 'complete' && message.text === ''
          ? t.message.empty
          : undefined;
  return note ? <p className="tama-ending">{note}</p> : null;
}
