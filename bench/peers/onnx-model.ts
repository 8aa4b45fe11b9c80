/**
 * An ONNX model of one kind of node, as bytes: a few fields of onnx.proto, written by hand.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const FLOAT = 1;
const UINT8 = 2;

function varint(value: number): Buffer {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

const int = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Uint8Array) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string) => bytes(field, Buffer.from(value));
const message = (field: number, ...parts: Buffer[]) => bytes(field, Buffer.concat(parts));

const attribute = (name: string, value: number) => message(5, text(1, name), int(3, value), int(20, 2));

const node = (type: string, domain: string, inputs: string[], output: string, attributes: Record<string, number>) =>
  message(
    1,
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, output),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    text(7, domain),
  );

const initializer = (name: string, type: number, shape: number[], data: Uint8Array) =>
  message(5, ...shape.map((size) => int(1, size)), int(2, type), text(8, name), bytes(9, data));

const value = (field: number, name: string, shape: number[]) =>
  message(
    field,
    text(1, name),
    message(2, message(1, int(1, FLOAT), message(2, ...shape.map((size) => message(1, int(1, size)))))),
  );

export type FourBitMatrix = {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns / 32, 16] bytes: columns 2 * i and 2 * i + 1 in byte i. */
  readonly quants: Uint8Array;
  /** [rows, columns / 32] f32. */
  readonly scales: Float32Array;
};

/**
 * y = the sum of `nodes` times the same product x W^T by MatMulNBits, x being [batch, columns]. Several nodes, since one
 * run of a session costs more than a product.
 */
export function matMulModel({ rows, columns, quants, scales }: FourBitMatrix, batch: number, nodes: number): Buffer {
  const blocks = columns / 32;
  const products = Array.from({ length: nodes }, (_, i) => `product${i}`);
  const attributes = { K: columns, N: rows, bits: 4, block_size: 32, accuracy_level: 0 };
  const sums = products.slice(1).map((_, i) => `sum${i + 1}`);
  const graph = [
    ...products.map((name) => node('MatMulNBits', 'com.microsoft', ['x', 'quants', 'scales'], name, attributes)),
    ...sums.map((name, i) => node('Add', '', [i === 0 ? products[0]! : sums[i - 1]!, products[i + 1]!], name, {})),
    text(2, 'products'),
    initializer('quants', UINT8, [rows, blocks, 16], quants),
    initializer('scales', FLOAT, [rows * blocks], new Uint8Array(scales.buffer)),
    value(11, 'x', [batch, columns]),
    value(12, sums.at(-1) ?? products[0]!, [batch, rows]),
  ];
  const opset = (domain: string, version: number) => message(8, text(1, domain), int(2, version));
  return Buffer.concat([int(1, 9), message(7, ...graph), opset('', 21), opset('com.microsoft', 1)]);
}
