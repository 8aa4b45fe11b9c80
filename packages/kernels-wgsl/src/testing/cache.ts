/** A cache's elements as the f16 variant (two a word) or the plain one stores them, rounded as the type demands. */
export function packCache(
  elements: ArrayLike<number>,
  f16: boolean,
): Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  return f16 ? new Uint32Array(Float16Array.from(elements).buffer) : Float32Array.from(elements);
}

/** What {@link packCache} packed. */
export function unpackCache(packed: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): ArrayLike<number> {
  return packed instanceof Uint32Array ? new Float16Array(packed.buffer) : packed;
}
