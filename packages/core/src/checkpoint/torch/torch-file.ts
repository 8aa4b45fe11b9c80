import type { Words } from '@tama/errors';
import { atMost, oneOf, text } from '../../expectation.ts';
import { type ByteSource, type Bytes, checkRead } from '../../storage/byte-source.ts';
import { MalformedFileError, TensorTypeError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { encodings } from '../encoding.ts';
import { missing, named, otherKind, tensorField, within, words } from '../field.ts';
import type { StoredArray } from '../stored-array.ts';
import { PickleDictionary, type PickleValue, unpickle } from './unpickler.ts';
import { contentOffset, readZip, type ZipEntry } from './zip-archive.ts';

const PICKLE_LIMIT = 4 * 2 ** 20;

const floatStorages = {
  'torch.FloatStorage': 'f32',
  'torch.HalfStorage': 'f16',
  'torch.BFloat16Storage': 'bf16',
} as const;
/** Names a state_dict is made of. Nothing of this is called; the last ones are types of tensors that are then refused. */
const allowed = new Set([
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'collections.OrderedDict',
  ...Object.keys(floatStorages),
  'torch.CharStorage',
  'torch.ByteStorage',
  'torch.ShortStorage',
  'torch.IntStorage',
  'torch.LongStorage',
  'torch.BoolStorage',
  'torch.DoubleStorage',
  'torch.ComplexFloatStorage',
  'torch.ComplexDoubleStorage',
]);

/** A tensor of a torch.save archive. `array` is `undefined` for types that no weight of Gemma 2 has. */
export type TorchTensor = {
  readonly shape: readonly number[];
  readonly storage: string;
  readonly array: StoredArray | undefined;
  /** The values of an int8 tensor. */
  readonly bytes: StoredArray['read'] | undefined;
};

const aTensor = { en: 'a tensor', ja: 'テンソル' };
const storageWords = { en: 'storage', ja: '保存領域' };
const present = { en: 'in the archive', ja: 'アーカイブ内にあるもの' };

/** The tensors of a file that torch.save has written: a dictionary of tensors, or one under `model_state_dict`. */
export async function readTorch(source: ByteSource, signal?: AbortSignal): Promise<ReadonlyMap<string, TorchTensor>> {
  const entries = await readZip(source, signal);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw new MalformedFileError(source.name, 'PyTorch', 'data.pkl', missing, present);
  if (pickle.size > PICKLE_LIMIT)
    throw new MalformedFileError(
      source.name,
      'PyTorch',
      within('data.pkl', words.size),
      pickle.size,
      atMost(PICKLE_LIMIT),
    );
  const folder = pickle.name.slice(0, pickle.name.indexOf('/') + 1);
  const order = entries.get(`${folder}byteorder`);
  if (order && order.size <= 16) {
    const text = new TextDecoder().decode(await readEntry(source, order, signal));
    if (text !== 'little')
      throw new UnsupportedFeatureError(
        source.name,
        { en: `byte order ${named(text).en}`, ja: `バイト順${named(text).ja}` },
        { en: 'byte order little', ja: 'リトルエンディアンのバイト順' },
      );
  }
  const saved = unpickle(source.name, await readEntry(source, pickle, signal), allowed);
  const root =
    saved instanceof PickleDictionary ? (saved.get('model_state_dict') ?? saved.get('state_dict') ?? saved) : saved;
  if (!(root instanceof PickleDictionary))
    throw new MalformedFileError(source.name, 'PyTorch', words.content, otherKind, oneOf(['state_dict']));

  const offsets = new Map<string, number>();
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of root) {
    if (typeof name !== 'string')
      throw new MalformedFileError(source.name, 'PyTorch', words.tensorName, otherKind, text);
    const tensor = parseTensor(source.name, name, value);
    const entry = entries.get(`${folder}data/${tensor.key}`);
    if (!entry)
      throw new MalformedFileError(
        source.name,
        'PyTorch',
        within(tensorField(name), storageWords),
        tensor.key,
        present,
      );
    const offset = offsets.get(entry.name) ?? (await contentOffset(source, entry, signal));
    offsets.set(entry.name, offset);
    tensors.set(name, locate(source, name, tensor, entry, offset));
  }
  return tensors;
}

async function readEntry(source: ByteSource, entry: ZipEntry, signal?: AbortSignal): Promise<Uint8Array> {
  return source.read(await contentOffset(source, entry, signal), entry.size, signal);
}

type Rebuilt = {
  readonly storage: string;
  readonly key: string;
  readonly first: number;
  readonly shape: readonly number[];
};

/** `_rebuild_tensor_v2(storage, offset, size, stride, …)`, or `_rebuild_parameter` around it. */
function parseTensor(file: string, name: string, value: PickleValue): Rebuilt {
  const malformed = (part: Words, found: string | Words = otherKind): never => {
    throw new MalformedFileError(file, 'PyTorch', within(tensorField(name), part), found, aTensor);
  };
  const isParameter = isKind(value, 'call') && value.name === 'torch._utils._rebuild_parameter';
  const rebuilt = isParameter ? value.arguments[0] : value;
  if (!isKind(rebuilt, 'call')) return malformed({ en: 'value', ja: '値' });
  const [persistent, first, shape, stride] = rebuilt.arguments;
  if (rebuilt.name !== 'torch._utils._rebuild_tensor_v2')
    return malformed({ en: 'function', ja: '関数' }, rebuilt.name);
  if (!isKind(persistent, 'persistent') || !Array.isArray(persistent.id)) return malformed(storageWords);
  const [kind, storage, key] = persistent.id as readonly PickleValue[];
  if (kind !== 'storage' || !isKind(storage, 'global') || typeof key !== 'string' || !/^\d+$/.test(key))
    return malformed(storageWords);
  if (!isSizes(shape) || !isSizes(stride) || shape.length !== stride.length) return malformed(words.shape);
  if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0)
    return malformed(words.offset, String(first));
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1 && stride[axis] !== expected)
      throw new UnsupportedFeatureError(
        file,
        {
          en: `strides [${stride.join(', ')}] of ${named(name).en}`,
          ja: `${named(name).ja}のストライド [${stride.join(', ')}]`,
        },
        { en: 'contiguous tensors', ja: '連続したテンソル' },
      );
    expected *= shape[axis]!;
  }
  return { storage: storage.name, key, first, shape };
}

function locate(
  source: ByteSource,
  name: string,
  { storage, first, shape }: Rebuilt,
  entry: ZipEntry,
  offset: number,
): TorchTensor {
  const encoding = storage in floatStorages ? floatStorages[storage as keyof typeof floatStorages] : undefined;
  const elementBytes = encoding ? encodings[encoding].blockBytes : storage === 'torch.CharStorage' ? 1 : undefined;
  if (!elementBytes) return { shape, storage, array: undefined, bytes: undefined };
  const count = shape.reduce((product, size) => product * size, 1);
  const end = (first + count) * elementBytes;
  if (end > entry.size)
    throw new MalformedFileError(
      source.name,
      'PyTorch',
      within(tensorField(name), { en: 'end in its storage', ja: '保存領域内の終わり' }),
      end,
      atMost(entry.size),
    );
  const read = async (from: number, length: number, signal?: AbortSignal, into?: Bytes) => {
    checkRead({ name, size: count }, from, length);
    return source.read(offset + (first + from) * elementBytes, length * elementBytes, signal, into);
  };
  return encoding
    ? { shape, storage, array: { shape, encoding, read }, bytes: undefined }
    : { shape, storage, array: undefined, bytes: read };
}

/** The array of a tensor that must hold floats. */
export function floatsOf(file: string, name: string, { array, storage }: TorchTensor): StoredArray {
  if (!array) throw new TensorTypeError(file, name, storage, Object.keys(floatStorages));
  return array;
}

const isKind = <Kind extends string>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<PickleValue, { readonly kind: Kind }> =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;

const isSizes = (value: PickleValue | undefined): value is number[] =>
  Array.isArray(value) &&
  value.length <= 8 &&
  value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
