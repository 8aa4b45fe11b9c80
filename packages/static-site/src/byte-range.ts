/** Bytes `start` to `end`, both included, as in Content-Range. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * The part of a file of `size` bytes that a Range header asks for (RFC 9110, section 14.2). `undefined` means the
 * whole file: no header, a unit or a list of ranges that we need not honour, or a malformed value.
 */
export function parseRange(header: string | null, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}
