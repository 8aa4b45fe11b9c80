import type { StoredModel } from '@tama/core';
import { useStore } from 'zustand';
import type { Models } from '../models/models.ts';
import { IconButton } from './icon-button.tsx';
import { CloseIcon } from './icons.tsx';
import { useMessages } from './preferences.tsx';

type Props = {
  readonly models: Models;
  readonly onShow: () => void;
  readonly onUse: (model: StoredModel) => void;
};

/** One line on the page about a download, while the panel with all of it is closed. */
export function DownloadNotice({ models, onShow, onUse }: Props) {
  const messages = useMessages();
  const t = messages.models;
  const downloads = useStore(models, (state) => state.downloads);
  const arrived = useStore(models, (state) => state.arrived);
  const [download] = Object.values(downloads);
  if (arrived)
    return (
      <div className="tama-download-notice">
        <span>{t.arrived(arrived.name)}</span>
        <button type="button" className="tama-link" onClick={() => onUse(arrived)}>
          {t.use}
        </button>
        <IconButton label={messages.model.close} onClick={models.forgetArrived}>
          <CloseIcon />
        </IconButton>
      </div>
    );
  if (!download) return null;
  const { description, progress, error } = download;
  const percent = progress?.total ? Math.floor((progress.bytes / progress.total) * 100) : 0;
  return (
    <div className="tama-download-notice">
      <span>{error === undefined ? t.notice(description.name, `${percent}%`) : t.noticeStopped(description.name)}</span>
      <button type="button" className="tama-link" onClick={onShow}>
        {t.show}
      </button>
    </div>
  );
}
