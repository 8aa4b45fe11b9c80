import { encodings } from '../checkpoint/encoding.ts';
import { quantise, type WritableEncoding } from '../quantise/quantise.ts';
import { type Bytes, lent } from '../storage/byte-source.ts';

/** Weights in the pieces that rows are put together from: few rows of a matrix have a piece at the same place. */
const POOL = 2 ** 17;
/** The longest piece of an encoding whose blocks are single weights. */
const LONGEST_PIECE = 256;

/** 32 random bits from two numbers, well mixed (the finaliser of MurmurHash3). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Normally distributed numbers, the same for the same seed. */
export function normals(seed: number, count: number, deviation: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    // Box and Muller's transform; the first number is above 0.
    const radius = Math.sqrt(-2 * Math.log((mix(seed, 2 * i) + 1) / 2 ** 32));
    values[i] = deviation * radius * Math.cos((2 * Math.PI * mix(seed, 2 * i + 1)) / 2 ** 32);
  }
  return values;
}

/** Fills rows [firstRow, firstRow + count) of a random matrix. */
export type RandomRows = (firstRow: number, count: number, into?: Bytes) => Bytes;

/** Pieces that were quantised once, of which rows of `width` weights are made. */
export type Pieces = {
  readonly bytes: Bytes;
  readonly pieceBytes: number;
  readonly piecesPerRow: number;
};

/** Some thousands of pieces of normally distributed weights, the same for the same seed. */
export function randomPieces(encoding: WritableEncoding, width: number, deviation: number, seed: number): Pieces {
  const { blockElements, blockBytes } = encodings[encoding];
  const pieceElements = blockElements > 1 ? blockElements : greatestCommonDivisor(width, LONGEST_PIECE);
  const pieceBytes = (pieceElements / blockElements) * blockBytes;
  const count = POOL / 2 ** Math.ceil(Math.log2(pieceElements));
  const bytes = new Uint8Array(count * pieceBytes);
  quantise(encoding, normals(seed, count * pieceElements, deviation), bytes);
  return { bytes, pieceBytes, piecesPerRow: width / pieceElements };
}

/** Random rows, in any encoding at the speed of copying: each is a sequence of pieces that are drawn by seed and row. */
export function randomRows({ bytes: pool, pieceBytes, piecesPerRow }: Pieces, seed: number): RandomRows {
  const poolPieces = pool.length / pieceBytes;
  return (firstRow, count, into) => {
    const target = lent(count * piecesPerRow * pieceBytes, into);
    let to = 0;
    for (let row = firstRow; row < firstRow + count; row++) {
      const rowSeed = mix(seed, row);
      for (let piece = 0; piece < piecesPerRow; piece++) {
        const from = (mix(rowSeed, piece) % poolPieces) * pieceBytes;
        for (let i = 0; i < pieceBytes; i++) target[to + i] = pool[from + i]!;
        to += pieceBytes;
      }
    }
    return target;
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
