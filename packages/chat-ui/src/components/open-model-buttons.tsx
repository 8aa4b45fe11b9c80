import { type ChangeEvent, useRef, useState } from 'react';
import { modelFiles } from '../input/model-files.ts';
import { FileIcon, FolderIcon } from './icons.tsx';
import { useMessages } from './preferences.tsx';

/** Opens model files of the reader's device. They are read in place, by ranges. */
export function OpenModelButtons({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const t = useMessages();
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [nothing, setNothing] = useState(false);

  function choose(event: ChangeEvent<HTMLInputElement>) {
    const chosen = modelFiles(Array.from(event.target.files ?? []));
    // So that the same file can be chosen again.
    event.target.value = '';
    setNothing(chosen.length === 0);
    if (chosen.length > 0) onFiles(chosen);
  }
  return (
    <div className="tama-open">
      <button type="button" className="tama-button" onClick={() => file.current?.click()}>
        <FileIcon /> {t.model.openFile}
      </button>
      <button type="button" className="tama-button" onClick={() => folder.current?.click()}>
        <FolderIcon /> {t.model.openFolder}
      </button>
      <input
        ref={file}
        className="tama-hidden"
        type="file"
        multiple
        accept=".gguf,.safetensors,.json,.model"
        aria-label={t.model.openFile}
        tabIndex={-1}
        onChange={choose}
        data-open="files"
      />
      <input
        ref={folder}
        className="tama-hidden"
        type="file"
        aria-label={t.model.openFolder}
        tabIndex={-1}
        onChange={choose}
        {...{ webkitdirectory: '' }}
      />
      {nothing ? <p role="alert">{t.model.dropNothing}</p> : null}
    </div>
  );
}
