import { memo, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { UserMessage } from '../chat/conversation.ts';
import { languageOf } from '../i18n/locale.ts';
import { CopyButton } from './copy-button.tsx';
import { IconButton } from './icon-button.tsx';
import { EditIcon } from './icons.tsx';
import { MessageField } from './message-field.tsx';
import { useMessages } from './preferences.tsx';

type Props = {
  readonly message: UserMessage;
  /** Undefined where the message can't be changed. */
  readonly onEdit: ((text: string) => void) | undefined;
};

export const UserMessageView = memo(function UserMessageView({ message, onEdit }: Props) {
  const t = useMessages();
  const [editing, setEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  /** Gives the focus back to the button that took it. */
  function close() {
    flushSync(() => setEditing(false));
    edit.current?.focus();
  }
  return (
    <article className="tama-message tama-user" aria-label={t.message.you} data-role="user">
      {editing && onEdit ? (
        <Editor text={message.text} onSend={onEdit} onClose={close} />
      ) : (
        <>
          <div className="tama-user-text" lang={languageOf(message.text)}>
            {message.text}
          </div>
          <div className="tama-actions">
            <CopyButton label={t.message.copy} text={() => message.text} />
            {onEdit ? (
              <IconButton ref={edit} label={t.message.edit} onClick={() => setEditing(true)}>
                <EditIcon />
              </IconButton>
            ) : null}
          </div>
        </>
      )}
    </article>
  );
});

type EditorProps = { readonly text: string; readonly onSend: (text: string) => void; readonly onClose: () => void };

function Editor({ text, onSend, onClose }: EditorProps) {
  const t = useMessages();
  const [draft, setDraft] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, [text]);

  function send() {
    if (draft.trim() === '') return;
    onClose();
    onSend(draft);
  }
  return (
    <div className="tama-editor">
      <MessageField
        ref={field}
        label={t.message.editLabel}
        value={draft}
        onChange={setDraft}
        onSend={send}
        onEscape={onClose}
      />
      <div className="tama-editor-actions">
        <button type="button" className="tama-button" onClick={onClose}>
          {t.message.cancel}
        </button>
        <button type="button" className="tama-button tama-button-main" onClick={send}>
          {t.message.save}
        </button>
      </div>
    </div>
  );
}
