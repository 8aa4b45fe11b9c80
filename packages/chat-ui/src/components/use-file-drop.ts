import { useEffect, useRef, useState } from 'react';
import type { ModelFiles } from '../engine-host.ts';
import { droppedModel } from '../input/model-files.ts';

/** True while files hover over the page; calls `onDrop` with the model that is let go, wherever on the page that is. */
export function useFileDrop(onDrop: (model: Promise<ModelFiles>) => void): boolean {
  const [hovering, setHovering] = useState(false);
  const handler = useRef(onDrop);
  useEffect(() => {
    handler.current = onDrop;
  });

  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      // Without this the browser leaves the page and opens the file.
      event.preventDefault();
      setHovering(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setHovering(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setHovering(false);
      handler.current(droppedModel(event.dataTransfer));
    };
    window.addEventListener('dragenter', over);
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', over);
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return hovering;
}
