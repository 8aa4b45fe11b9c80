import type { Bytes } from '../../storage/byte-source.ts';
import { ByteWriter } from '../byte-writer.ts';
import { rowBytes, type WeightEncoding } from '../encoding.ts';
import { ggmlTypes } from './ggml-types.ts';

/** GGUF's numbers for the types of metadata that we write. */
const valueTypes = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, array: 9 } as const;

/** A key of the metadata. `type` and `element`, for arrays, are GGUF's numbers. */
export type GgufEntry = {
  readonly key: string;
  readonly type: number;
  readonly value?: unknown;
  readonly element?: number;
};

/** Entries of each type. */
export const ggufEntry = {
  u32: (key: string, value: number): GgufEntry => ({ key, type: valueTypes.u32, value }),
  f32: (key: string, value: number): GgufEntry => ({ key, type: valueTypes.f32, value }),
  bool: (key: string, value: boolean): GgufEntry => ({ key, type: valueTypes.bool, value }),
  text: (key: string, value: string): GgufEntry => ({ key, type: valueTypes.text, value }),
  texts: (key: string, value: readonly string[]): GgufEntry => array(key, valueTypes.text, value),
  f32s: (key: string, value: ArrayLike<number>): GgufEntry => array(key, valueTypes.f32, value),
  i32s: (key: string, value: ArrayLike<number>): GgufEntry => array(key, valueTypes.i32, value),
} as const;

const array = (key: string, element: number, value: ArrayLike<unknown>): GgufEntry => ({
  key,
  type: valueTypes.array,
  value,
  element,
});

/** A tensor to be written. `dimensions` are ggml's, the fastest first. */
export type GgufTensorInfo = {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly encoding: WeightEncoding;
};

/** Tensors begin at multiples of this; the default of the format. */
const GGUF_ALIGNMENT = 32;

export const aligned = (size: number, alignment = GGUF_ALIGNMENT): number => Math.ceil(size / alignment) * alignment;

export const tensorBytes = ({ dimensions, encoding }: GgufTensorInfo): number =>
  dimensions.slice(1).reduce((bytes, size) => bytes * size, rowBytes(encoding, dimensions[0]!));

/**
 * All of a GGUF file that comes before the weights, in pieces. Behind it, each tensor takes its bytes in this order, and zeros up
 * to a multiple of {@link GGUF_ALIGNMENT}.
 */
export function ggufHeader(metadata: readonly GgufEntry[], tensors: readonly GgufTensorInfo[]): readonly Bytes[] {
  const out = new ByteWriter();
  writeStart(out, { version: 3, tensors: tensors.length, entries: metadata.length });
  for (const entry of metadata) writeEntry(out, entry);
  let offset = 0;
  for (const tensor of tensors) {
    writeTensorInfo(out, { ...tensor, type: typeNumbers[tensor.encoding], offset });
    offset += aligned(tensorBytes(tensor));
  }
  out.padTo(aligned(out.length));
  return out.pieces;
}

const typeNumbers = Object.fromEntries(
  Object.entries(ggmlTypes).map(([number, { encoding }]) => [encoding, Number(number)]),
) as Readonly<Record<WeightEncoding, number>>;

// What follows writes whatever it is told: the tests of the reader need files that contradict themselves.

type Count = number | bigint;

export function writeStart(
  out: ByteWriter,
  { magic = 'GGUF', version, tensors, entries }: { magic?: string; version: number; tensors: Count; entries: Count },
): void {
  out.text(magic);
  out.u32(version);
  out.u64(tensors);
  out.u64(entries);
}

export function writeEntry(out: ByteWriter, entry: GgufEntry & { readonly count?: Count }): void {
  const { key, type, value, element = 0, count } = entry;
  out.sizedText(key);
  out.u32(type);
  if (type === valueTypes.array) writeArray(out, value as ArrayLike<unknown>, element, count);
  else writeScalar(out, type, value);
}

function writeArray(out: ByteWriter, items: ArrayLike<unknown>, element: number, count: Count = items.length): void {
  out.u32(element);
  out.u64(count);
  for (let i = 0; i < items.length; i++) {
    if (element === valueTypes.array) {
      const { value, element: inner = 0, count: innerCount } = items[i] as Parameters<typeof writeEntry>[1];
      writeArray(out, value as ArrayLike<unknown>, inner, innerCount);
    } else writeScalar(out, element, items[i]);
  }
}

function writeScalar(out: ByteWriter, type: number, value: unknown): void {
  if (type === valueTypes.text) out.sizedText(String(value));
  else if (type === valueTypes.f32) out.f32(Number(value));
  else if (type === valueTypes.i32) out.i32(Number(value));
  else if (type === valueTypes.bool || type < 2) out.u8(Number(value));
  else if (type === 10 || type === 11) out.u64(value as bigint);
  else out.u32(Number(value));
}

type TensorInfo = {
  readonly name: string;
  readonly dimensions: readonly Count[];
  readonly dimensionCount?: number;
  readonly type: number;
  readonly offset: Count;
};

export function writeTensorInfo(out: ByteWriter, { name, dimensions, dimensionCount, type, offset }: TensorInfo): void {
  out.sizedText(name);
  out.u32(dimensionCount ?? dimensions.length);
  for (const size of dimensions) out.u64(size);
  out.u32(type);
  out.u64(offset);
}
