/**
 * A random number in [0, 1) for a seed and a position, bit by bit as the kernels make it: pcg3d of Jarzynski and Olano,
 * "Hash Functions for GPU Rendering", 2020, of which 24 bits are used.
 */
export function uniformAt(seed: number | bigint, position: number): number {
  const bits = BigInt.asUintN(64, BigInt(seed));
  const scramble = (word: number): number => (Math.imul(word, 1664525) + 1013904223) | 0;
  let x = scramble(position);
  let y = scramble(Number(bits & 0xffff_ffffn));
  let z = scramble(Number(bits >> 32n));
  x += Math.imul(y, z);
  y += Math.imul(z, x);
  z += Math.imul(x, y);
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  x += Math.imul(y, z);
  return (x >>> 8) / 2 ** 24;
}
