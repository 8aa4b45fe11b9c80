import { UnsafePathError } from './storage-errors.ts';

/** The names of a relative path. Throws {@link UnsafePathError} for anything that could leave the folder. */
export function pathSegments(path: string): readonly string[] {
  const segments = path.split('/');
  const safe = segments.every(
    (name) => name !== '' && name !== '.' && name !== '..' && !/[\\\0]|^[A-Za-z]:/.test(name),
  );
  if (!safe) throw new UnsafePathError(path);
  return segments;
}
