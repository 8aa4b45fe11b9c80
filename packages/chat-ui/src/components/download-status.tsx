import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Models } from '../models/models.ts';
import { useMessages } from './preferences.tsx';

/** Quarters are news; every percent would be noise. */
const STEPS = 4;

/** Tells screen readers, politely and now and then, how downloads go. */
export function DownloadStatus({ models }: { readonly models: Models }) {
  const t = useMessages().models;
  const downloads = useStore(models, (state) => state.downloads);
  const arrived = useStore(models, (state) => state.arrived);
  const [text, setText] = useState('');
  const told = useRef(new Map<string, string>());

  useEffect(() => {
    for (const source of told.current.keys()) if (!downloads[source]) told.current.delete(source);
    for (const [source, { description, progress }] of Object.entries(downloads)) {
      if (!progress) continue;
      const { phase, bytes, total } = progress;
      const step = total ? Math.floor((bytes / total) * STEPS) : 0;
      const news = phase === 'download' ? `${phase} ${step}` : phase;
      const before = told.current.get(source);
      if (news === before) continue;
      told.current.set(source, news);
      const { name } = description;
      if (phase === 'paused') setText(t.pausedStatus(name));
      else if (phase === 'verify') setText(t.verifyStatus(name));
      else if (phase === 'download')
        setText(before && step > 0 ? t.percentStatus(name, `${(step * 100) / STEPS}%`) : t.startedStatus(name));
    }
  }, [downloads, t]);

  const arrivedName = arrived?.name;
  useEffect(() => {
    if (arrivedName !== undefined) setText(t.arrivedStatus(arrivedName));
  }, [arrivedName, t]);

  return (
    <div className="tama-hidden" role="status" data-download-status="">
      {text}
    </div>
  );
}
