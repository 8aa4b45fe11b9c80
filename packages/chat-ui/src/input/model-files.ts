/**
 * The files of a model among those a reader chose or dropped: the .gguf files if there are any, else the
 * configuration, weights and tokenizer of one Hugging Face folder. Empty where there is no model.
 */
export function modelFiles(files: readonly File[]): File[] {
  const gguf = files.filter(({ name }) => /\.gguf$/i.test(name));
  if (gguf.length > 0) return gguf;
  const config = files.find(({ name }) => name === 'config.json');
  if (!config) return [];
  const folder = folderOf(config);
  return files.filter((file) => folderOf(file) === folder && /\.(safetensors|json|model)$/i.test(file.name));
}

const folderOf = (file: File) => file.webkitRelativePath.split('/').slice(0, -1).join('/');

/** The files of a drop, those in a dropped folder included (one level, as checkpoints are flat). */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // Entries must be asked for before the first await: the transfer is empty afterwards.
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.());
  const plain = Array.from(transfer.files);
  const folders = entries.filter((entry) => entry?.isDirectory) as FileSystemDirectoryEntry[];
  const inFolders = await Promise.all(folders.map(filesOf));
  return [...plain.filter((_, index) => !entries[index]?.isDirectory), ...inFolders.flat()];
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  // A reader gives at most 100 entries at a time.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) break;
    entries.push(...batch);
  }
  const files = entries.filter((entry) => entry.isFile) as FileSystemFileEntry[];
  return Promise.all(files.map((entry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject))));
}
