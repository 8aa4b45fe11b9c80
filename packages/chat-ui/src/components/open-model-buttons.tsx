import { type ChangeEvent, useRef, useState } from 'react';
import type { ModelFiles } from '../engine-host.ts';
import { chosenModel } from '../input/model-files.ts';
import { Fault } from './fault.tsx';
import { FileIcon, FolderIcon } from './icons.tsx';
import { useMessages } from './preferences.tsx';

/** Opens a model of the reader's device. It is read in place, by ranges. */
export function OpenModelButtons({ onFiles }: { readonly onFiles: (files: ModelFiles) => void }) {
  const t = useMessages();
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState<{ readonly error: unknown }>();

  function choose({ target }: ChangeEvent<HTMLInputElement>) {
    const files = Array.from(target.files ?? []);
    // So that the same file can be chosen again.
    target.value = '';
    setRefused(undefined);
    chosenModel(files).then(onFiles, (error: unknown) => setRefused({ error }));
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
        hidden
        type="file"
        multiple
        accept=".gguf,.safetensors,.h5,.ckpt,.bin,.pt,.pth,.json,.model,.spm"
        onChange={choose}
        data-open="files"
      />
      <input ref={folder} hidden type="file" onChange={choose} data-open="folder" {...{ webkitdirectory: '' }} />
      {refused ? <Fault error={refused.error} /> : null}
    </div>
  );
}
