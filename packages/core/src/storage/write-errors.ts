import { TamaError } from '@tama/errors';

/** A file cannot be written: no permission, no such folder, a full disk. */
export class FileUnwritableError extends TamaError {
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(
      'file-unwritable',
      {
        en: {
          what: `'${file}' cannot be written: ${reason}.`,
          remedy: 'Check that the folder exists and may be written to, and that the disk has room.',
        },
        ja: {
          what: `「${file}」に書き込めません（${reason}）。`,
          remedy: 'フォルダーが存在して書き込めること、ディスクに空き容量があることを確認してください。',
        },
      },
      { file, reason },
      options,
    );
  }
}
