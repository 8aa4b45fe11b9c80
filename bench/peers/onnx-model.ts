/**
 * ONNX models of one kind of node, as bytes: a few fields of onnx.proto, written by hand.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const FLOAT = 1;
const UINT8 = 2;
const INT32 = 6;

function varint(value: number): Buffer {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

const int = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const float = (field: number, value: number) =>
  Buffer.concat([varint(field * 8 + 5), Buffer.from(Float32Array.of(value).buffer)]);
const bytes = (field: number, value: Uint8Array) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string) => bytes(field, Buffer.from(value));
const message = (field: number, ...parts: Buffer[]) => bytes(field, Buffer.concat(parts));

/** Whole numbers are of type INT (2), others of type FLOAT (1). */
const attribute = (name: string, value: number) =>
  Number.isInteger(value)
    ? message(5, text(1, name), int(3, value), int(20, 2))
    : message(5, text(1, name), float(2, value), int(20, 1));

type Attributes = Readonly<Record<string, number>>;

const node = (
  type: string,
  domain: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
) =>
  message(
    1,
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, outputs[0]!),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    text(7, domain),
  );

type Data = Uint8Array | Float32Array | Int32Array;

function initializer(name: string, shape: readonly number[], data: Data): Buffer {
  const type = data instanceof Float32Array ? FLOAT : data instanceof Int32Array ? INT32 : UINT8;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...shape.map((size) => int(1, size)), int(2, type), text(8, name), bytes(9, raw));
}

const value = (field: number, name: string, shape: readonly number[]) =>
  message(
    field,
    text(1, name),
    message(2, message(1, int(1, FLOAT), message(2, ...shape.map((size) => message(1, int(1, size)))))),
  );

type Operator = {
  /** Of the domain com.microsoft. */
  readonly type: string;
  readonly inputs: readonly string[];
  /** The names of a node's outputs; the first is what is added up. */
  readonly outputs: (index: number) => readonly string[];
  readonly attributes: Attributes;
};

type Shapes = Readonly<Record<string, readonly number[]>>;
type Constants = Readonly<Record<string, readonly [shape: readonly number[], data: Data]>>;

/** The sum of `nodes` times the same operator. Several nodes, since one run of a session costs more than a node. */
function sumModel(
  { type, inputs, outputs, attributes }: Operator,
  nodes: number,
  fed: Shapes,
  constants: Constants,
  result: readonly number[],
): Buffer {
  const results = Array.from({ length: nodes }, (_, i) => outputs(i));
  const sums = results.slice(1).map((_, i) => `sum${i + 1}`);
  const graph = [
    ...results.map((names) => node(type, 'com.microsoft', inputs, names, attributes)),
    ...sums.map((name, i) => node('Add', '', [i === 0 ? results[0]![0]! : sums[i - 1]!, results[i + 1]![0]!], [name])),
    text(2, 'sum'),
    ...Object.entries(constants).map(([name, [shape, data]]) => initializer(name, shape, data)),
    ...Object.entries(fed).map(([name, shape]) => value(11, name, shape)),
    value(12, sums.at(-1) ?? results[0]![0]!, result),
  ];
  const opset = (domain: string, version: number) => message(8, text(1, domain), int(2, version));
  return Buffer.concat([int(1, 9), message(7, ...graph), opset('', 21), opset('com.microsoft', 1)]);
}

export type FourBitMatrix = {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns / 32, 16] bytes: columns 2 * i and 2 * i + 1 in byte i. */
  readonly quants: Uint8Array;
  /** [rows, columns / 32] f32. */
  readonly scales: Float32Array;
};

/** y = x W^T by MatMulNBits, `nodes` times; x is [batch, columns]. */
export function matMulModel({ rows, columns, quants, scales }: FourBitMatrix, batch: number, nodes: number): Buffer {
  const blocks = columns / 32;
  const operator = {
    type: 'MatMulNBits',
    inputs: ['x', 'quants', 'scales'],
    outputs: (i: number) => [`product${i}`],
    attributes: { K: columns, N: rows, bits: 4, block_size: 32, accuracy_level: 0 },
  };
  const constants = { quants: [[rows, blocks, 16], quants], scales: [[rows * blocks], scales] } as const;
  return sumModel(operator, nodes, { x: [batch, columns] }, constants, [batch, rows]);
}

export type AttentionInputs = {
  readonly rows: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Keys of earlier rows: `pastKeys` and `pastValues` are [kvHeads, past, headDim]. */
  readonly past: number;
  readonly pastKeys: Float32Array;
  readonly pastValues: Float32Array;
  /** [past + rows, headDim / 2] each. */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
};

/**
 * Causal attention with rotation by GroupQueryAttention, `nodes` times; q is [1, rows, heads * headDim], k and v are
 * [1, rows, kvHeads * headDim]. Without a soft-cap: the WebGPU provider ignores it.
 */
export function attentionModel(shape: AttentionInputs, nodes: number): Buffer {
  const { rows, heads, kvHeads, headDim, past, pastKeys, pastValues, cos, sin } = shape;
  const pasts = past > 0 ? ['past_keys', 'past_values'] : ['', ''];
  const operator = {
    type: 'GroupQueryAttention',
    inputs: ['q', 'k', 'v', ...pasts, 'last', 'total', 'cos', 'sin'],
    outputs: (i: number) => [`attention${i}`, `keys${i}`, `values${i}`],
    attributes: { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1 },
  };
  const keys = past + rows;
  const constants: Constants = {
    ...(past > 0
      ? {
          past_keys: [[1, kvHeads, past, headDim], pastKeys],
          past_values: [[1, kvHeads, past, headDim], pastValues],
        }
      : {}),
    last: [[1], Int32Array.of(keys - 1)],
    total: [[], Int32Array.of(keys)],
    cos: [[keys, headDim / 2], cos],
    sin: [[keys, headDim / 2], sin],
  };
  const [q, k] = [
    [1, rows, heads * headDim],
    [1, rows, kvHeads * headDim],
  ] as const;
  return sumModel(operator, nodes, { q, k, v: k }, constants, q);
}
