/** Seeded uniform numbers in [0, 1): mulberry32. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` roughly normal numbers with the given standard deviation. */
export function randomNormal(seed: number, count: number, deviation = 1): Float32Array<ArrayBuffer> {
  const random = randomSource(seed);
  // Sum of uniforms: bounded, so that a test's worst case does not depend on a rare tail.
  return Float32Array.from(
    { length: count },
    () => (random() + random() + random() + random() - 2) * 1.732 * deviation,
  );
}

/** [rows, width] random numbers laid out with `pitch`, zero between. */
export function randomRows(
  seed: number,
  rows: number,
  width: number,
  pitch: number,
  deviation = 1,
): Float32Array<ArrayBuffer> {
  const values = randomNormal(seed, rows * width, deviation);
  const out = new Float32Array(rows * pitch);
  for (let row = 0; row < rows; row++) out.set(values.subarray(row * width, (row + 1) * width), row * pitch);
  return out;
}
