import type { Words } from '@tama/errors';

/** Those of tensors have some 80 characters. */
const LONGEST_NAME = 200;

/** What a message calls a place in a file: a name that the format gives it, or words. */
export type Field = string | Words;

/** A name that stands in a file is quoted in both languages. */
export function named(name: string): Words {
  const shown = shortened(name, LONGEST_NAME);
  return { en: `'${shown}'`, ja: `「${shown}」` };
}

export function tensorField(name: string): Words {
  const { en, ja } = named(name);
  return { en: `tensor ${en}`, ja: `テンソル${ja}` };
}

/** A part of a place: "tensor 'x': shape". */
export function within(place: Field, part: Field): Words {
  const [outer, inner] = [fieldWords(place), fieldWords(part)];
  return { en: `${outer.en}: ${inner.en}`, ja: `${outer.ja}の${inner.ja}` };
}

/** Among Japanese words a format's own name is quoted. */
export const fieldWords = (field: Field): Words =>
  typeof field === 'string' ? { ...named(field), en: shortened(field, LONGEST_NAME) } : field;

/** Parts of files that several formats have. */
export const words = {
  header: { en: 'the header', ja: 'ヘッダー' },
  content: { en: 'the content', ja: '内容' },
  tensorName: { en: 'tensor name', ja: 'テンソルの名前' },
  name: { en: 'name', ja: '名前' },
  length: { en: 'length', ja: '長さ' },
  size: { en: 'size', ja: 'サイズ' },
  count: { en: 'count', ja: '個数' },
  type: { en: 'type', ja: '型' },
  version: { en: 'version', ja: 'バージョン' },
  magic: { en: 'magic', ja: '識別子' },
  shape: { en: 'shape', ja: '形状' },
  offset: { en: 'offset', ja: '位置' },
  data: { en: 'data', ja: 'データ' },
  dataStart: { en: 'start of data', ja: 'データの開始位置' },
} as const satisfies Readonly<Record<string, Words>>;

/** What was found where that is no value to be shown; in Japanese it follows が. */
export const missing: Words = { en: 'missing', ja: 'ありません' };
export const another: Words = { en: 'another', ja: '別の値です' };
export const otherKind: Words = { en: 'of another kind', ja: '別の種類の値です' };
export const otherBytes: Words = { en: '(bytes)', ja: '別の文字コードのデータです' };

/** Values from files may be long or hold control characters; a message must stay readable. */
export function shortened(found: string | number | bigint, most = 80): string {
  const plain = String(found).replace(/\p{C}/gu, '�');
  return plain.length > most ? `${plain.slice(0, most - 3)}…` : plain;
}
