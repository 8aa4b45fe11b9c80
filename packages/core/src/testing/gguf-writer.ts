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
export type GgufEntry = {
  readonly key: string;
  readonly type: number;
  readonly value?: unknown;
  readonly element?: number;
  readonly count?: number | bigint;
};
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
  const { metadata = [], tensors = [], alignment = 32 } = content;
  const out = new ByteWriter();
  out.ascii(content.magic ?? 'GGUF');
  out.u32(content.version ?? 3);
  out.u64(content.tensorCount ?? tensors.length);
  out.u64(content.metadataCount ?? metadata.length);
  for (const entry of metadata) {
    out.text(entry.key);
    out.u32(entry.type);
    writeValue(out, entry);
  }
  const aligned = (size: number) => Math.ceil(size / alignment) * alignment;
  let offset = 0;
  for (const tensor of tensors) {
    out.text(tensor.name);
    out.u32(tensor.dimensionCount ?? tensor.dimensions.length);
    for (const size of tensor.dimensions) out.u64(size);
    out.u32(tensor.type);
    out.u64(tensor.offset ?? offset);
    offset += aligned(tensor.data.length);
  }
  out.padTo(aligned(out.length));
  for (const { data } of tensors) {
    out.bytes(data);
    out.padTo(aligned(out.length));
  }
  const file = new Uint8Array(content.size ?? out.length);
  file.set(out.result().subarray(0, file.length));
  return file;
}

function writeValue(out: ByteWriter, { type, value, element = 0, count }: GgufEntry): void {
  if (type === 9) {
    const items = value as readonly unknown[];
    out.u32(element);
    out.u64(count ?? items.length);
    for (const item of items)
      writeValue(out, element === 9 ? (item as GgufEntry) : { key: '', type: element, value: item });
  } else if (type === 8) out.text(String(value));
  else if (type === 6) out.f32(Number(value));
  else if (type === 7 || type < 2) out.bytes(Uint8Array.of(Number(value)));
  else if (type === 10 || type === 11) out.u64(value as bigint);
  else out.u32(Number(value));
}

class ByteWriter {
  #buffer = new Uint8Array(1024);
  length = 0;

  result(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }
  #view(length: number): DataView {
    if (this.length + length > this.#buffer.length) {
      const larger = new Uint8Array((this.length + length) * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    this.length += length;
    return new DataView(this.#buffer.buffer, this.length - length, length);
  }
  u32(value: number) {
    this.#view(4).setUint32(0, value, true);
  }
  f32(value: number) {
    this.#view(4).setFloat32(0, value, true);
  }
  u64(value: number | bigint) {
    this.#view(8).setBigUint64(0, BigInt(value), true);
  }
  bytes(values: Uint8Array) {
    const view = this.#view(values.length);
    new Uint8Array(view.buffer, view.byteOffset, values.length).set(values);
  }
  ascii(value: string) {
    this.bytes(new TextEncoder().encode(value));
  }
  text(value: string) {
    const encoded = new TextEncoder().encode(value);
    this.u64(encoded.length);
    this.bytes(encoded);
  }
  padTo(length: number) {
    this.#view(length - this.length);
  }
}
