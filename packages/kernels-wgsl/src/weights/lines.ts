import { PANEL } from './weight-format.ts';

/** The first word of a line in the weights plane. */
export const lineOf = (linesPerUnit: number, unit: number, line: number, lane: number): number =>
  ((unit * linesPerUnit + line) * PANEL + lane) * 4;

/** Moves 16 bytes as they are to the line that begins with word `to`. */
export function moveLine(source: DataView, offset: number, weights: Uint32Array, to: number): void {
  weights[to] = source.getUint32(offset, true);
  weights[to + 1] = source.getUint32(offset + 4, true);
  weights[to + 2] = source.getUint32(offset + 8, true);
  weights[to + 3] = source.getUint32(offset + 12, true);
}

/** Moves `lines` times 16 bytes as they are: all lines of one row of a unit. */
export function moveLines(
  source: DataView,
  offset: number,
  weights: Uint32Array,
  lines: number,
  unit: number,
  lane: number,
): void {
  for (let line = 0; line < lines; line++) {
    moveLine(source, offset + 16 * line, weights, lineOf(lines, unit, line, lane));
  }
}

/** A view of `bytes` for reading numbers at any offset. */
export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
