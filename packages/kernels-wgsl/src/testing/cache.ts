import { keyPanel } from '../common/attention.ts';

/** Keys or values [kvHeads, capacity, headDim] with NaN in every slot that holds none of the positions seen. */
export function onlySeen(
  elements: Float32Array,
  [first, end]: readonly [number, number],
  { kvHeads, capacity, headDim }: { readonly kvHeads: number; readonly capacity: number; readonly headDim: number },
): Float32Array {
  const only = new Float32Array(elements.length).fill(Number.NaN);
  for (let head = 0; head < kvHeads; head++) {
    for (let position = first; position < end; position++) {
      const at = (head * capacity + (position % capacity)) * headDim;
      only.set(elements.subarray(at, at + headDim), at);
    }
  }
  return only;
}

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

/** Keys [slots, headDim] in the panels in which the cache has them, packed. */
export function packKeys(
  keys: ArrayLike<number>,
  headDim: number,
  f16: boolean,
): Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  const elements = new Float64Array(keys.length);
  for (let i = 0; i < keys.length; i++) elements[inPanels(i, headDim)] = keys[i]!;
  return packCache(elements, f16);
}

/** What {@link packKeys} packed. */
export function unpackKeys(
  packed: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
  headDim: number,
): ArrayLike<number> {
  const elements = unpackCache(packed);
  return Float64Array.from(elements, (_, i) => elements[inPanels(i, headDim)]!);
}

function inPanels(element: number, headDim: number): number {
  const [slot, i] = [Math.floor(element / headDim), element % headDim];
  const [panel, lane] = [Math.floor(slot / keyPanel), slot % keyPanel];
  return (panel * headDim + (i - (i % 4))) * keyPanel + 4 * lane + (i % 4);
}
