/**
 * Rows that lie interleaved in a packed matrix, a panel: neighbouring invocations read neighbouring 16 bytes of
 * neighbouring rows, whatever the encoding, and share their piece of x.
 */
export const PANEL = 8;

/** Encodings by their GGUF names. */
export type WeightEncoding =
  | 'f32'
  | 'f16'
  | 'bf16'
  | 'q8_0'
  | 'q4_0'
  | 'q4_1'
  | 'q5_0'
  | 'q5_1'
  | 'q4_k'
  | 'q5_k'
  | 'q6_k'
  | 'q2_k'
  | 'q3_k'
  | 'iq4_nl'
  | 'iq4_xs';

/**
 * The two planes of a packed matrix, or of a range of its panels. Both are arrays of units, a unit being some columns
 * of the rows of a panel: unit = panel * unitsPerRow + unit of the row. In `weights` a unit is [line][PANEL] of 16-byte
 * lines; in `scales` it is whatever the format needs besides, interleaved likewise.
 */
export type Planes = {
  readonly weights: Uint32Array<ArrayBuffer>;
  readonly scales: Uint32Array<ArrayBuffer>;
  /** `scales` again, as halves. */
  readonly scaleHalves: Uint16Array<ArrayBuffer>;
};

/** How weights of one encoding lie in a file, how they lie on the GPU, and what they mean. */
export type WeightFormat = {
  readonly name: WeightEncoding;
  /** Columns and bytes of a block in a file. */
  readonly blockColumns: number;
  readonly blockBytes: number;
  /** Columns that are packed at a time: a multiple of a block and of 32. */
  readonly unitColumns: number;
  /** Bytes of one row of a unit in each plane. */
  readonly weightBytes: number;
  readonly scaleBytes: number;
  /** Moves the bits of one row of a unit, from `offset` in a file's bytes to row `lane` of a unit of the planes. */
  readonly packUnit: (source: DataView, offset: number, planes: Planes, unit: number, lane: number) => void;
  /**
   * The definition: the values of `count` weights, rounded to f32 once where they do not fit. They go to `into`,
   * where there is room for them, or to a new array.
   */
  readonly dequantize: (
    bytes: Uint8Array,
    count: number,
    into?: Float32Array<ArrayBuffer>,
  ) => Float32Array<ArrayBuffer>;
  /**
   * Fills the `${weights}` slot of a shader, after group.wgsl. A group is 32 columns of a row: `block` = panel * (groups
   * of a row) + group says where it is, `lane` which row of the panel.
   *
   *     struct Group { ... }    // what is read of a group before its values are
   *     fn loadGroup(block: u32, lane: u32) -> Group
   *     fn weights8(group: Group, octet: u32) -> mat2x4f    // columns 8 * octet .. 8 * octet + 7 of the group, exactly
   *     fn groupDot(group: Group, x: ptr<function, Piece>) -> f32    // the group times x, scaled after the sum
   */
  readonly wgsl: string;
};

/** Bytes of a row of a matrix in a file. */
export const fileRowBytes = ({ blockColumns, blockBytes }: WeightFormat, columns: number): number =>
  (columns / blockColumns) * blockBytes;

/** Bytes of a panel in each plane. */
export function panelBytes(format: WeightFormat, columns: number): { weights: number; scales: number } {
  const rows = PANEL * Math.ceil(columns / format.unitColumns);
  return { weights: rows * format.weightBytes, scales: rows * format.scaleBytes };
}
