import { TamaError, type Words } from '@tama/errors';

/** A read outside the source. A reader of file formats checks before it reads, so this is a fault of the caller. */
export class OutOfBoundsReadError extends TamaError {
  constructor(file: string, offset: number, length: number, size: number) {
    super(
      'read-out-of-bounds',
      {
        en: {
          what: `Bytes ${offset} to ${offset + length} of '${file}' were asked for, but it has ${size}.`,
          remedy: 'This is a defect of the program; please report it.',
        },
        ja: {
          what: `「${file}」の${offset}〜${offset + length}バイト目を読もうとしましたが、全体は${size}バイトです。`,
          remedy: 'プログラムの不具合です。ご報告ください。',
        },
      },
      { file, offset, length, size },
    );
  }
}

/** A file that should be there is not. */
export class FileMissingError extends TamaError {
  constructor(file: string, place: string, options?: ErrorOptions) {
    super(
      'file-missing',
      {
        en: {
          what: `'${file}' was not found in '${place}'.`,
          remedy: 'Check the spelling, and that every file of the model was downloaded or selected.',
        },
        ja: {
          what: `「${place}」に「${file}」が見つかりません。`,
          remedy: '名前が正しいか、モデルのすべてのファイルをダウンロード・選択したかを確認してください。',
        },
      },
      { file, place },
      options,
    );
  }
}

/**
 * The file exists but reading it failed: no permission, a directory, a disk error, gone since it was picked. A reason in
 * one language is a system's own.
 */
export class FileUnreadableError extends TamaError {
  constructor(file: string, reason: string | Words, options?: ErrorOptions) {
    const { en, ja } = typeof reason === 'string' ? { en: reason, ja: reason } : reason;
    super(
      'file-unreadable',
      {
        en: { what: `'${file}' cannot be read: ${en}.`, remedy: 'Check its permissions, or select it again.' },
        ja: {
          what: `「${file}」を読み取れません（${ja}）。`,
          remedy: 'アクセス権を確認するか、もう一度選択してください。',
        },
      },
      { file, reason: en },
      options,
    );
  }
}

/** How a message tells a size. */
export const byteCount = (bytes: number): Words => ({ en: `${bytes} bytes`, ja: `${bytes}バイト` });

/** The content is no longer what it was when it was opened. */
export class SourceChangedError extends TamaError {
  constructor(file: string, before: Words, after: Words) {
    super(
      'source-changed',
      {
        en: {
          what: `'${file}' changed while it was being read: it was ${before.en} and is now ${after.en}.`,
          remedy: 'Load the model again from the start.',
        },
        ja: {
          what: `読み込み中に「${file}」が変更されました（${before.ja} → ${after.ja}）。`,
          remedy: 'モデルを最初から読み込み直してください。',
        },
      },
      { file, before: before.en, after: after.en },
    );
  }
}

/** A path inside a model's files that would lead out of its folder. */
export class UnsafePathError extends TamaError {
  constructor(path: string) {
    super(
      'path-unsafe',
      {
        en: {
          what: `The model refers to the file '${path}', which is not a plain path inside its own folder.`,
          remedy: 'Do not use this model; get it from a place you trust.',
        },
        ja: {
          what: `モデルが参照しているファイル「${path}」は、モデルのフォルダー内を指す通常のパスではありません。`,
          remedy: 'このモデルは使わず、信頼できる配布元から入手してください。',
        },
      },
      { path },
    );
  }
}
