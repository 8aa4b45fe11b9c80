import { Fragment } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import { isRunning, lastFitted } from '../chat/conversation.ts';
import { useMessages } from './preferences.tsx';
import { ReplyView } from './reply-view.tsx';
import { UserMessageView } from './user-message-view.tsx';

/**
 * The conversation. `role="log"` would have screen readers speak every token, so it is silent; {@link Announcer} says
 * when a reply begins and ends.
 */
export function MessageList({ chat }: { readonly chat: Chat }) {
  const t = useMessages();
  const messages = useStore(chat, ({ conversation }) => conversation.messages);
  const last = messages.at(-1);
  const idle = !isRunning(last);
  const lastUserIndex = messages.findLastIndex(({ role }) => role === 'user');
  const forgotten = lastFitted(messages)?.forgotten ?? 0;
  return (
    <div className="tama-messages" role="log" aria-live="off" aria-label={t.message.list}>
      {messages.map((message, index) => (
        <Fragment key={message.id}>
          {index > 0 && index === forgotten ? <p className="tama-forgotten">{t.message.forgotten}</p> : null}
          {message.role === 'user' ? (
            <UserMessageView message={message} onEdit={idle && index === lastUserIndex ? chat.editLast : undefined} />
          ) : (
            <ReplyView
              message={message}
              chat={chat}
              onAgain={idle && index === messages.length - 1 ? chat.regenerate : undefined}
            />
          )}
        </Fragment>
      ))}
    </div>
  );
}
