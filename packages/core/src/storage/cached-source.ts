import { type ByteSource, checkRead, lent } from './byte-source.ts';

/**
 * Keeps the blocks read last, so that many small reads become few large ones. At most `blocks` blocks of `blockBytes`
 * are held; reads of a block or more go straight through. Closing it closes the source.
 */
export function cachedSource(
  source: ByteSource,
  { blockBytes = source.preferredReadBytes ?? 256 * 1024, blocks = 2 }: { blockBytes?: number; blocks?: number } = {},
): ByteSource {
  // Insertion order is the order of use: the first entry is the one to drop.
  const held = new Map<number, Promise<Uint8Array>>();

  const block = (index: number, signal?: AbortSignal): Promise<Uint8Array> => {
    const start = index * blockBytes;
    const bytes = held.get(index) ?? source.read(start, Math.min(blockBytes, source.size - start), signal);
    held.delete(index);
    held.set(index, bytes);
    bytes.catch(() => held.get(index) === bytes && held.delete(index));
    if (held.size > blocks) held.delete(held.keys().next().value!);
    return bytes;
  };

  return {
    ...source,
    async read(offset, length, signal, into) {
      checkRead(source, offset, length);
      if (length >= blockBytes) return source.read(offset, length, signal, into);
      const bytes = lent(length, into);
      for (let done = 0; done < length; ) {
        const at = offset + done;
        const index = Math.floor(at / blockBytes);
        const within = at - index * blockBytes;
        const piece = (await block(index, signal)).subarray(within, within + length - done);
        bytes.set(piece, done);
        done += piece.length;
      }
      return bytes;
    },
  };
}
