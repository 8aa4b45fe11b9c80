import { halfToNumber } from '@tama/kernels-wgsl';
import { code, type Fitted, fitScale, fitScaleAndMinimum, type SumsTable, sumsTable } from './fit.ts';
import { numberToHalf } from './narrow-floats.ts';
import type { Quantiser } from './quantiser.ts';

// Blocks of 256 whose groups have scales of their own, in multiples of the block's. Codes are rounded last, with the
// scales as they will be read.
const COUNT = 256;
const codes = new Uint8Array(COUNT);
const scales = new Float32Array(16);
const minima = new Float32Array(8);
const scaleCodes = new Int8Array(16);
const minimumCodes = new Int8Array(8);
const fitted: Fitted = { scale: 0, minimum: 0 };
const [sums4, sums5] = [sumsTable(15), sumsTable(31)];

/** Q6_K: 16 groups of 16, y = d · scale · (q - 32) with signed 8-bit scales. */
export const q6_k: Quantiser = (values, at, target, offset) => {
  let extreme = 0;
  for (let group = 0; group < 16; group++) {
    const scale = fitScale(values, at + 16 * group, 16, 32);
    scales[group] = scale;
    if (Math.abs(scale) > Math.abs(extreme)) extreme = scale;
  }
  const bits = numberToHalf(extreme / -128);
  const d = halfToNumber(bits);
  for (let group = 0; group < 16; group++) {
    scaleCodes[group] = d === 0 ? 0 : Math.max(-128, Math.min(127, Math.round(scales[group]! / d)));
    const step = d * scaleCodes[group]!;
    const inverse = step === 0 ? 0 : 1 / step;
    for (let i = 16 * group; i < 16 * group + 16; i++) {
      codes[i] = code(values[at + i]! * inverse + 32, 63);
    }
    target.setInt8(offset + 192 + group, scaleCodes[group]!);
  }
  target.setUint16(offset + 208, bits, true);
  // In each half of 128, a byte of nibbles holds values i and i + 64, a byte of pairs i, i + 32, i + 64 and i + 96.
  for (let half = 0; half < 2; half++) {
    for (let i = 0; i < 64; i++) {
      const low = codes[128 * half + i]! & 15;
      const high = codes[128 * half + i + 64]! & 15;
      target.setUint8(offset + 64 * half + i, low | (high << 4));
    }
    for (let i = 0; i < 32; i++) {
      let pairs = 0;
      for (let quarter = 0; quarter < 4; quarter++)
        pairs |= (codes[128 * half + 32 * quarter + i]! >> 4) << (2 * quarter);
      target.setUint8(offset + 128 + 32 * half + i, pairs);
    }
  }
};

/** Q4_K: 8 groups of 32, y = d · scale · q - dmin · minimum with scales and minima of 6 bits. */
export const q4_k: Quantiser = (values, at, target, offset) => {
  groupCodes(values, at, 15, sums4, target, offset);
  writeNibbles(target, offset + 16);
};

/** Q5_K: as Q4_K with codes of 5 bits. */
export const q5_k: Quantiser = (values, at, target, offset) => {
  groupCodes(values, at, 31, sums5, target, offset);
  for (let i = 0; i < 32; i++) {
    let fifth = 0;
    for (let group = 0; group < 8; group++) fifth |= (codes[32 * group + i]! >> 4) << group;
    target.setUint8(offset + 16 + i, fifth);
  }
  writeNibbles(target, offset + 48);
};

/** Sets the codes, and writes d, dmin and the 12 bytes of scales and minima. */
function groupCodes(
  values: Float32Array,
  at: number,
  most: number,
  sums: SumsTable,
  target: DataView,
  offset: number,
): void {
  let largestScale = 0;
  let largestMinimum = 0;
  for (let group = 0; group < 8; group++) {
    fitScaleAndMinimum(values, at + 32 * group, sums, fitted);
    scales[group] = fitted.scale;
    minima[group] = fitted.minimum;
    largestScale = Math.max(largestScale, fitted.scale);
    largestMinimum = Math.max(largestMinimum, fitted.minimum);
  }
  const [scaleBits, minimumBits] = [numberToHalf(largestScale / 63), numberToHalf(largestMinimum / 63)];
  const [d, dmin] = [halfToNumber(scaleBits), halfToNumber(minimumBits)];
  target.setUint16(offset, scaleBits, true);
  target.setUint16(offset + 2, minimumBits, true);
  for (let group = 0; group < 8; group++) {
    scaleCodes[group] = d === 0 ? 0 : Math.min(63, Math.round(scales[group]! / d));
    minimumCodes[group] = dmin === 0 ? 0 : Math.min(63, Math.round(minima[group]! / dmin));
    const step = d * scaleCodes[group]!;
    const inverse = step === 0 ? 0 : 1 / step;
    const minimum = dmin * minimumCodes[group]!;
    for (let i = 32 * group; i < 32 * group + 32; i++) {
      codes[i] = code((values[at + i]! + minimum) * inverse, most);
    }
  }
  // The first four scales and minima have their six bits together; of the others, the upper two bits lie above those.
  for (let i = 0; i < 4; i++) {
    const laterScale = scaleCodes[i + 4]!;
    const laterMinimum = minimumCodes[i + 4]!;
    target.setUint8(offset + 4 + i, scaleCodes[i]! | ((laterScale >> 4) << 6));
    target.setUint8(offset + 8 + i, minimumCodes[i]! | ((laterMinimum >> 4) << 6));
    target.setUint8(offset + 12 + i, (laterScale & 15) | ((laterMinimum & 15) << 4));
  }
}

/** Groups 2 j in low nibbles, 2 j + 1 in high ones. */
function writeNibbles(target: DataView, offset: number): void {
  for (let pair = 0; pair < 4; pair++) {
    for (let i = 0; i < 32; i++) {
      const low = codes[64 * pair + i]! & 15;
      const high = codes[64 * pair + 32 + i]! & 15;
      target.setUint8(offset + 32 * pair + i, low | (high << 4));
    }
  }
}
