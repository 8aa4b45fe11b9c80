import type { BinaryReader } from '../binary-reader.ts';
import { DamagedDataError } from '../checkpoint-errors.ts';

const PIECE_BYTES = 64 * 1024;

/** The content of gzip data up to the end of the reader's source, piece by piece; unpacked by the platform. */
export async function* gzipContent(reader: BinaryReader): AsyncGenerator<Uint8Array> {
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const length = Math.min(PIECE_BYTES, reader.remaining);
      if (length === 0) return controller.close();
      await reader.need(length, { en: 'gzip data', ja: 'データ' });
      controller.enqueue(reader.bytes(length).slice());
    },
  });
  const content = compressed.pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await content.read().catch((cause: unknown) => {
        if (cause instanceof TypeError)
          throw new DamagedDataError(reader.source.name, 'gzip', cause.message, { cause });
        throw cause;
      });
      if (done) return;
      yield value;
    }
  } finally {
    await content.cancel().catch(() => {});
  }
}
