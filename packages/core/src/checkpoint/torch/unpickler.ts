import type { Words } from '@tama/errors';
import { atMost, type Expectation, text, validUtf8 } from '../../expectation.ts';
import { MalformedFileError, TruncatedFileError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { type Field, missing, named, otherBytes, otherKind } from '../field.ts';

/** What a pickle of weights can hold. Functions are never called: `Call` and `Persistent` only say what stood there. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | bigint
  | PickleValue[]
  | PickleDictionary
  | PickleGlobal
  | PickleCall
  | PicklePersistent;
export class PickleDictionary extends Map<PickleValue, PickleValue> {}
export type PickleGlobal = { readonly kind: 'global'; readonly name: string };
export type PickleCall = { readonly kind: 'call'; readonly name: string; readonly arguments: readonly PickleValue[] };
export type PicklePersistent = { readonly kind: 'persistent'; readonly id: PickleValue };

/** Gemma 2 27B has 278 tensors of a hundred bytes and operations each. */
const OPERATION_LIMIT = 2 ** 20;

const stack = { en: 'stack', ja: 'スタック' };
const present = { en: 'there', ja: '存在するもの' };
const MARK = Symbol('mark');
const PLAIN = { en: 'a plain dictionary of tensors (state_dict)', ja: 'テンソルだけの辞書（state_dict）' };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The operations that dictionaries of tensors need, by opcode. */
const operations: Readonly<Record<number, (machine: PickleMachine) => void>> = {
  128: (m) => m.skip(1), // PROTO
  149: (m) => m.skip(8), // FRAME
  40: (m) => m.mark(), // MARK
  125: (m) => m.push(new PickleDictionary()), // EMPTY_DICT
  93: (m) => m.push([]), // EMPTY_LIST
  41: (m) => m.push([]), // EMPTY_TUPLE
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.take(4).getInt32(0, true)), // BININT
  75: (m) => m.push(m.u8()), // BININT1
  77: (m) => m.push(m.take(2).getUint16(0, true)), // BININT2
  138: (m) => m.push(m.long(m.u8())), // LONG1
  71: (m) => m.push(m.take(8).getFloat64(0, false)), // BINFLOAT
  88: (m) => m.push(m.text(m.u32())), // BINUNICODE
  140: (m) => m.push(m.text(m.u8())), // SHORT_BINUNICODE
  113: (m) => m.remember(m.u8()), // BINPUT
  114: (m) => m.remember(m.u32()), // LONG_BINPUT
  148: (m) => m.remember(), // MEMOIZE
  104: (m) => m.push(m.recall(m.u8())), // BINGET
  106: (m) => m.push(m.recall(m.u32())), // LONG_BINGET
  116: (m) => m.push(m.popToMark()), // TUPLE
  133: (m) => m.push(m.popMany(1)), // TUPLE1
  134: (m) => m.push(m.popMany(2)), // TUPLE2
  135: (m) => m.push(m.popMany(3)), // TUPLE3
  97: (m) => m.append(m.popMany(1)), // APPEND
  101: (m) => m.append(m.popToMark()), // APPENDS
  115: (m) => m.set(m.popMany(2)), // SETITEM
  117: (m) => m.set(m.popToMark()), // SETITEMS
  99: (m) => m.global([m.line(), m.line()]), // GLOBAL
  147: (m) => m.global(m.popMany(2)), // STACK_GLOBAL
  81: (m) => m.push({ kind: 'persistent', id: m.pop() }), // BINPERSID
  82: (m) => m.reduce(), // REDUCE
  98: (m) => void m.pop(), // BUILD: attributes, which nothing here reads
};
const STOP = 0x2e;

/**
 * Reads a pickle of protocol 2 to 5 without running anything in it. Names of classes and functions other than those in
 * `allowed` are refused, as are the operations that weights do not need.
 */
export function unpickle(file: string, bytes: Uint8Array, allowed: ReadonlySet<string>): PickleValue {
  const machine = new PickleMachine(file, bytes, allowed);
  for (let count = 0; count < OPERATION_LIMIT; count++) {
    const code = machine.u8();
    if (code === STOP) return machine.pop();
    const perform = operations[code];
    if (!perform) {
      const operation = `0x${code.toString(16).padStart(2, '0')}`;
      const feature = { en: `the pickle operation ${operation}`, ja: `pickleの命令${operation}` };
      throw new UnsupportedFeatureError(file, feature, PLAIN);
    }
    perform(machine);
  }
  throw new MalformedFileError(
    file,
    'pickle',
    { en: 'operations', ja: '命令の数' },
    OPERATION_LIMIT,
    atMost(OPERATION_LIMIT - 1),
  );
}

/** A stack, a memo and a position: what the operations work on. */
class PickleMachine {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #allowed: ReadonlySet<string>;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;

  constructor(file: string, bytes: Uint8Array, allowed: ReadonlySet<string>) {
    this.#file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#allowed = allowed;
  }

  #malformed(field: Field, found: number | Words, expected: Expectation): never {
    throw new MalformedFileError(this.#file, 'pickle', field, found, expected);
  }

  take(length: number): DataView {
    const end = this.#at + length;
    if (end > this.#bytes.length)
      throw new TruncatedFileError(this.#file, 'pickle', { en: 'an operation', ja: '命令' }, end, this.#bytes.length);
    const view = new DataView(this.#view.buffer, this.#view.byteOffset + this.#at, length);
    this.#at = end;
    return view;
  }

  skip(length: number): void {
    this.take(length);
  }

  u8(): number {
    return this.take(1).getUint8(0);
  }

  u32(): number {
    return this.take(4).getUint32(0, true);
  }

  text(length: number): string {
    const { buffer, byteOffset } = this.take(length);
    try {
      return decoder.decode(new Uint8Array(buffer, byteOffset, length));
    } catch {
      throw new MalformedFileError(this.#file, 'pickle', { en: 'text', ja: '文字列' }, otherBytes, validUtf8);
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    const line = this.text((end < 0 ? this.#bytes.length : end) - this.#at);
    this.skip(1);
    return line;
  }

  /** A little-endian integer; nothing here needs more than 64 bits. */
  long(length: number): number | bigint {
    if (length > 8) this.#malformed({ en: 'length of an integer', ja: '整数の長さ' }, length, atMost(8));
    const view = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = value * 256n + BigInt(view.getUint8(i));
    const signed = BigInt.asIntN(8 * length, value);
    return BigInt.asIntN(54, signed) === signed ? Number(signed) : signed;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  mark(): void {
    this.#stack.push(MARK);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined || value === MARK
      ? this.#malformed(stack, { en: 'empty', ja: '空です' }, present)
      : value;
  }

  /** The top values, the lowest first. */
  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) this.#malformed({ en: 'mark', ja: '印' }, missing, present);
    const values = this.#stack.splice(mark + 1) as PickleValue[];
    this.#stack.pop();
    return values;
  }

  #top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  remember(key = this.#memo.size): void {
    this.#memo.set(key, this.#top());
  }

  recall(key: number): PickleValue {
    return this.#memo.get(key) ?? this.#malformed({ en: `memo ${key}`, ja: `メモ${key}` }, missing, present);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) this.#malformed(stack, otherKind, { en: 'a list', ja: 'リスト' });
    for (const value of values) list.push(value);
  }

  set(pairs: readonly PickleValue[]): void {
    const dictionary = this.#top();
    if (!(dictionary instanceof PickleDictionary) || pairs.length % 2 !== 0)
      this.#malformed(stack, otherKind, { en: 'a dictionary', ja: '辞書' });
    for (let i = 0; i < pairs.length; i += 2) dictionary.set(pairs[i]!, pairs[i + 1]!);
  }

  /** A module and a name in it. */
  global(names: readonly PickleValue[]): void {
    if (!names.every((name) => typeof name === 'string'))
      this.#malformed({ en: 'global', ja: 'グローバル名' }, otherKind, text);
    const full = names.join('.');
    if (!this.#allowed.has(full))
      throw new UnsupportedFeatureError(
        this.#file,
        { en: `the Python name ${named(full).en} in its pickle`, ja: `pickle内のPythonの名前${named(full).ja}` },
        PLAIN,
      );
    this.push({ kind: 'global', name: full });
  }

  /** Stands in for a call; only the empty dictionary is made. */
  reduce(): void {
    const [callable, values] = this.popMany(2);
    if (!isGlobal(callable) || !Array.isArray(values))
      this.#malformed({ en: 'call', ja: '呼び出し' }, otherKind, { en: 'of a global', ja: 'グローバル名によるもの' });
    const isDictionary = callable.name === 'collections.OrderedDict' && values.length === 0;
    this.push(isDictionary ? new PickleDictionary() : { kind: 'call', name: callable.name, arguments: values });
  }
}

const isGlobal = (value: PickleValue | undefined): value is PickleGlobal =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'global';
