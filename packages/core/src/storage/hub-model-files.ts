import type { HubFile } from './hub-api.ts';
import { AmbiguousHubModelError, NoHubModelError } from './hub-errors.ts';
import { formatHubReference, type HubReference } from './hub-reference.ts';
import { FileMissingError } from './storage-errors.ts';

/** Kinds of weights, the one to take first where a repository holds several. Orbax's files have no name to know them by. */
const WEIGHTS: readonly RegExp[] = [/\.safetensors$/, /\.h5$/, /\.(ckpt|bin|pth?)$/, /\.gguf$/];
/** Weights in forms that we do not read, pictures, and what tells people about the model. */
const OTHER = /(^|\/)\.|\.(md|png|jpe?g|gif|webp|svg|pdf|ipynb|py|msgpack|onnx|onnx_data|tflite|task|zip|gz|npz)$/i;
const SPLIT = /-(\d{5})-of-\d{5}\.gguf$/;

/**
 * The files of a repository that make up the model meant by a reference: one GGUF with its other parts, or the weights
 * of one kind with everything that describes them. @throws {AmbiguousHubModelError} where it is left open which
 */
export function hubModelFiles(files: readonly HubFile[], reference: HubReference): readonly HubFile[] {
  const { path = '' } = reference;
  if (path !== '' && !path.endsWith('/')) return withCompanions(files, path, reference);
  return folderModel(
    files.filter((file) => file.path.startsWith(path)),
    reference,
  );
}

function withCompanions(files: readonly HubFile[], path: string, reference: HubReference): readonly HubFile[] {
  const file = files.find((file) => file.path === path);
  if (!file) throw new FileMissingError(path, formatHubReference({ ...reference, path: '' }).replace(/\/$/, ''));
  if (path.endsWith('.gguf')) return ggufParts(files, path);
  const kind = WEIGHTS.find((kind) => kind.test(path));
  if (!kind) return [file];
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return files.filter((other) => other.path.startsWith(folder) && (isCompanion(other.path) || kind.test(other.path)));
}

function folderModel(files: readonly HubFile[], reference: HubReference): readonly HubFile[] {
  const kind = WEIGHTS.find((kind) => files.some(({ path }) => kind.test(path)));
  const companions = files.filter(({ path }) => isCompanion(path));
  if (kind?.test('.gguf')) return onlyGguf(files, reference);
  if (!kind && companions.length === 0) throw new NoHubModelError(formatHubReference(reference));
  const weights = kind ? files.filter(({ path }) => kind.test(path)) : [];
  // Folders below may hold the same weights in another precision.
  const depth = Math.min(...weights.map(({ path }) => path.split('/').length));
  return [...companions, ...weights.filter(({ path }) => path.split('/').length === depth)];
}

function onlyGguf(files: readonly HubFile[], reference: HubReference): readonly HubFile[] {
  const firsts = files.filter(({ path }) => path.endsWith('.gguf') && (SPLIT.exec(path)?.[1] ?? '00001') === '00001');
  const [first, ...others] = firsts;
  if (!first) throw new NoHubModelError(formatHubReference(reference));
  if (others.length === 0) return ggufParts(files, first.path);
  const { repository, revision } = reference;
  throw new AmbiguousHubModelError(
    formatHubReference({ repository, revision }),
    firsts.map(({ path }) => ({ path, size: ggufParts(files, path).reduce((sum, { size }) => sum + size, 0) })),
    formatHubReference({ repository, revision, path: first.path }),
  );
}

const ggufParts = (files: readonly HubFile[], path: string): readonly HubFile[] => {
  const base = path.replace(SPLIT, '');
  return files.filter((file) => (SPLIT.test(path) ? file.path.replace(SPLIT, '') === base : file.path === path));
};

const isCompanion = (path: string): boolean => !OTHER.test(path) && !WEIGHTS.some((kind) => kind.test(path));
