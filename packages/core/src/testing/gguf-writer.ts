import { ByteWriter } from '../checkpoint/byte-writer.ts';
import {
  aligned,
  type GgufEntry as Written,
  writeEntry,
  writeStart,
  writeTensorInfo,
} from '../checkpoint/gguf/gguf-writer.ts';

/** What a test wants in a GGUF file: valid by default, and free to contradict itself. */
export type GgufContent = {
  readonly magic?: string;
  readonly version?: number;
  readonly tensorCount?: number | bigint;
  readonly metadataCount?: number | bigint;
  /** Values with their GGUF type: 4 u32, 5 i32, 6 f32, 7 bool, 8 string, 9 array of `element`, 10 u64. */
  readonly metadata?: readonly GgufEntry[];
  readonly tensors?: readonly GgufTensorContent[];
  readonly alignment?: number;
  /** Cuts the file, or adds zeros to it, after it is complete. */
  readonly size?: number;
};
export type GgufEntry = Written & { readonly count?: number | bigint };
export type GgufTensorContent = {
  readonly name: string;
  /** The fastest dimension first. */
  readonly dimensions: readonly (number | bigint)[];
  readonly type: number;
  readonly data: Uint8Array;
  readonly offset?: number | bigint;
  readonly dimensionCount?: number;
};

/** The bytes of a GGUF file, little-endian. */
export function writeGguf(content: GgufContent): Uint8Array<ArrayBuffer> {
  const { metadata = [], tensors = [], alignment } = content;
  const out = new ByteWriter();
  writeStart(out, {
    ...(content.magic === undefined ? {} : { magic: content.magic }),
    version: content.version ?? 3,
    tensors: content.tensorCount ?? tensors.length,
    entries: content.metadataCount ?? metadata.length,
  });
  for (const entry of metadata) writeEntry(out, entry);
  let offset = 0;
  for (const tensor of tensors) {
    writeTensorInfo(out, { ...tensor, offset: tensor.offset ?? offset });
    offset += aligned(tensor.data.length, alignment);
  }
  out.padTo(aligned(out.length, alignment));
  for (const { data } of tensors) {
    out.bytes(data);
    out.padTo(aligned(out.length, alignment));
  }
  const file = new Uint8Array(content.size ?? out.length);
  file.set(out.result().subarray(0, file.length));
  return file;
}
