import { bytePieceName, PieceKind, type Vocabulary } from '../vocabulary.ts';

/** Fields of protocol buffers as bytes, to be concatenated into a message. */
export const proto = {
  number: (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)],
  float: (field: number, value: number): number[] => [
    ...varint(field * 8 + 5),
    ...new Uint8Array(new Float32Array([value]).buffer),
  ],
  bytes: (field: number, content: ArrayLike<number>): number[] => [
    ...varint(field * 8 + 2),
    ...varint(content.length),
    ...Array.from(content),
  ],
  text: (field: number, text: string): number[] => proto.bytes(field, new TextEncoder().encode(text)),
};

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** One entry of ModelProto.pieces; a normal piece needs no type. */
export const pieceEntry = (text: string, score: number, kind: number): number[] =>
  proto.bytes(1, [
    ...proto.text(1, text),
    ...proto.float(2, score),
    ...(kind === PieceKind.normal ? [] : proto.number(3, kind)),
  ]);

/** A trainer_spec for BPE with byte fallback and the special ids of Gemma. */
export const gemmaTrainer = [
  [3, 2],
  [35, 1],
  [40, 3],
  [41, 2],
  [42, 1],
  [43, 0],
].flatMap(([field, value]) => proto.number(field!, value!));

/** A normalizer_spec that leaves the text as it is. */
export const identityNormalizer = [
  ...proto.text(1, 'identity'),
  ...proto.text(2, ''),
  ...proto.number(3, 0),
  ...proto.number(4, 0),
  ...proto.number(5, 1),
];

/**
 * The tokenizer.model that fixtures/gemma2-tokenizer/rebuild_model.py makes of Gemma's vocabulary: equal in content to
 * Google's, which differs in its trainer_spec only.
 */
export function gemmaModelProto({ pieces, kinds }: Vocabulary): Uint8Array {
  const file: number[] = [];
  pieces.forEach((piece, id) => {
    // The first ordinary piece, id 473, has the score -0.
    const score = kinds[id] === PieceKind.normal ? -(id - 473) : 0;
    file.push(...pieceEntry(piece, score, kinds[id]!));
  });
  const numbers = (values: Record<number, number>) =>
    Object.entries(values).flatMap(([field, value]) => proto.number(Number(field), value));
  const trainer = [
    ...numbers({ 3: 2, 4: pieces.length, 20: 16, 21: 1, 22: 1, 23: 1, 24: 0, 25: 1, 26: 1 }),
    ...pieces.flatMap((piece, id) => (kinds[id] === PieceKind.userDefined ? proto.text(31, piece) : [])),
    ...numbers({ 35: 1, 40: 3, 41: 2, 42: 1, 43: 0 }),
    ...['<unk>', '<bos>', '<eos>', '<pad>'].flatMap((piece, index) => proto.text(45 + index, piece)),
  ];
  file.push(...proto.bytes(2, trainer), ...proto.bytes(3, identityNormalizer));
  return Uint8Array.from(file);
}

export type PieceRow = readonly [text: string, score: number, kind: number];

/** What comes first in a small model: the special pieces, with the ids that gemmaTrainer names, and all bytes. */
export const leadingPieces: readonly PieceRow[] = [
  ['<pad>', 0, PieceKind.control],
  ['<eos>', 0, PieceKind.control],
  ['<bos>', 0, PieceKind.control],
  ['<unk>', 0, PieceKind.unknown],
  ...Array.from({ length: 256 }, (_, byte): PieceRow => [bytePieceName(byte), 0, PieceKind.byte]),
];

/** A small tokenizer.model; `rest` is appended to the file as it is. */
export function modelProto({
  pieces,
  trainer = gemmaTrainer,
  normalizer = identityNormalizer,
  rest = [],
}: {
  readonly pieces: readonly PieceRow[];
  readonly trainer?: readonly number[];
  readonly normalizer?: readonly number[];
  readonly rest?: readonly number[];
}): Uint8Array {
  return Uint8Array.from([
    ...pieces.flatMap((piece) => pieceEntry(...piece)),
    ...proto.bytes(2, trainer),
    ...proto.bytes(3, normalizer),
    ...rest,
  ]);
}
