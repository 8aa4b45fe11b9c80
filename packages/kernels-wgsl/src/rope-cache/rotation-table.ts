/** [positions, headDim / 2] pairs (cos, sin) of position * theta^(-2i / headDim), computed in f64. */
export function rotationTable(positions: number, headDim: number, theta: number): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => theta ** (-i / half));
  const table = new Float32Array(positions * headDim);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!;
      table[(position * half + i) * 2] = Math.cos(angle);
      table[(position * half + i) * 2 + 1] = Math.sin(angle);
    }
  }
  return table;
}
