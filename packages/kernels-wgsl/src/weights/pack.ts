import { ShapeError } from '../errors.ts';
import { viewOf } from './lines.ts';
import { fileRowBytes, PANEL, type Planes, panelBytes, type WeightFormat } from './weight-format.ts';

/** Zeroed planes for some panels. */
export function allocatePlanes(format: WeightFormat, panels: number, columns: number): Planes {
  const bytes = panelBytes(format, columns);
  const scales = new ArrayBuffer(panels * bytes.scales);
  return {
    weights: new Uint32Array((panels * bytes.weights) / 4),
    scales: new Uint32Array(scales),
    scaleHalves: new Uint16Array(scales),
  };
}

/**
 * Packs whole panels: `rowCount` rows of a file into planes that begin with the first of them. No bit is lost. Missing
 * rows of the last panel, and columns past the last, are left as they are in `planes`: zero, hence weights of 0.
 *
 * @throws {ShapeError} when the columns are no multiple of a block, or `rows` has another size than the rows.
 */
export function packRows(
  format: WeightFormat,
  rows: Uint8Array,
  rowCount: number,
  columns: number,
  planes: Planes,
): void {
  const { blockColumns, blockBytes, unitColumns } = format;
  if (columns % blockColumns !== 0) {
    throw new ShapeError(`weights ${format.name}`, {
      en: `${columns} columns are not a multiple of ${blockColumns}`,
      ja: `列数${columns}が${blockColumns}の倍数ではありません`,
    });
  }
  const rowBytes = fileRowBytes(format, columns);
  if (rows.byteLength !== rowCount * rowBytes) {
    throw new ShapeError(`weights ${format.name}`, {
      en: `${rowCount} rows of ${columns} take ${rowCount * rowBytes} bytes, not ${rows.byteLength}`,
      ja: `${columns}列の${rowCount}行は${rowCount * rowBytes}バイトですが、${rows.byteLength}バイトが渡されました`,
    });
  }
  const source = viewOf(rows);
  const unitBytes = (unitColumns / blockColumns) * blockBytes;
  const fullUnits = Math.floor(columns / unitColumns);
  const units = Math.ceil(columns / unitColumns);
  // Floats only: what remains of a row is packed from a unit padded with zeros.
  const padded = new Uint8Array(unitBytes);
  const paddedView = viewOf(padded);
  for (let row = 0; row < rowCount; row++) {
    const lane = row % PANEL;
    const firstUnit = ((row - lane) / PANEL) * units;
    const start = row * rowBytes;
    for (let unit = 0; unit < fullUnits; unit++) {
      format.packUnit(source, start + unit * unitBytes, planes, firstUnit + unit, lane);
    }
    if (units > fullUnits) {
      padded.set(rows.subarray(start + fullUnits * unitBytes, start + rowBytes));
      format.packUnit(paddedView, 0, planes, firstUnit + fullUnits, lane);
    }
  }
}
