import { PANEL } from './weight-format.ts';

/** Moves `lines` times 16 bytes as they are: lines of a unit in the weights plane. */
export function moveLines(
  source: DataView,
  offset: number,
  weights: Uint32Array,
  lines: number,
  unit: number,
  lane: number,
): void {
  for (let line = 0; line < lines; line++) {
    const from = offset + 16 * line;
    const to = ((unit * lines + line) * PANEL + lane) * 4;
    weights[to] = source.getUint32(from, true);
    weights[to + 1] = source.getUint32(from + 4, true);
    weights[to + 2] = source.getUint32(from + 8, true);
    weights[to + 3] = source.getUint32(from + 12, true);
  }
}

/** A view of `bytes` for reading numbers at any offset. */
export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
