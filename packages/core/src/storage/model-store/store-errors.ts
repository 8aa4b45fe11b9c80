import { TamaError } from '@tama/errors';

/** The disk, or what the browser grants this site of it, is too small for what is still to come. */
export class StorageFullError extends TamaError {
  constructor(needed: number, available: number | undefined, options?: ErrorOptions) {
    super(
      'storage-full',
      {
        en: {
          what: `The download needs ${needed} more bytes of storage, and ${available ?? 'too few'} are available.`,
          remedy: 'Free some space, or remove a stored model; what was downloaded so far is kept.',
        },
        ja: {
          what: `ダウンロードにはあと${needed}バイトの空き容量が必要ですが、${available === undefined ? '足りません' : `${available}バイトしかありません`}。`,
          remedy: '空き容量を増やすか、保存済みのモデルを削除してください。ダウンロード済みの部分は残っています。',
        },
      },
      { needed, available },
      options,
    );
  }
}

/** A downloaded file is not the file that was published. It has been deleted. */
export class HashMismatchError extends TamaError {
  constructor(file: string, expected: string, actual: string) {
    super(
      'hash-mismatch',
      {
        en: {
          what: `'${file}' has the SHA-256 ${actual}, but ${expected} was published. It was deleted.`,
          remedy: 'Download it again; if that does not help, do not use this source.',
        },
        ja: {
          what: `「${file}」のSHA-256は${actual}で、公開されている値${expected}と一致しないため、削除しました。`,
          remedy: 'もう一度ダウンロードしてください。解決しない場合は、この配布元の利用を避けてください。',
        },
      },
      { file, expected, actual },
    );
  }
}

/** The download was cancelled, here or in another tab, and what had arrived was deleted. */
export class DownloadCancelledError extends TamaError {
  constructor(model: string) {
    super(
      'download-cancelled',
      {
        en: { what: `The download of ${model} was cancelled.`, remedy: '' },
        ja: { what: `${model} のダウンロードを中止しました。`, remedy: '' },
      },
      { model },
    );
  }
}

/** Another tab or process is downloading or reading the model that should be removed or replaced. */
export class ModelBusyError extends TamaError {
  constructor(model: string, options?: ErrorOptions) {
    super(
      'model-busy',
      {
        en: {
          what: `${model} is being downloaded, or read, by another tab or process.`,
          remedy: 'Stop that first, or wait for its end.',
        },
        ja: {
          what: `${model} は別のタブまたはプロセスがダウンロード中、または読み取り中です。`,
          remedy: '先にそれを止めるか、終わるまでお待ちください。',
        },
      },
      { model },
      options,
    );
  }
}

/** A stored model whose download has not come to its end. */
export class ModelIncompleteError extends TamaError {
  constructor(model: string, storedBytes: number, bytes: number | undefined) {
    super(
      'model-incomplete',
      {
        en: {
          what: `${model} is not complete: ${storedBytes} of ${bytes ?? 'an unknown number of'} bytes are stored.`,
          remedy: 'Continue its download first.',
        },
        ja: {
          what: `${model} のダウンロードが終わっていません（${bytes === undefined ? '' : `${bytes}バイト中`}${storedBytes}バイトを保存済み）。`,
          remedy: '先にダウンロードを再開して完了させてください。',
        },
      },
      { model, storedBytes, bytes },
    );
  }
}

export class ModelNotStoredError extends TamaError {
  constructor(model: string) {
    super(
      'model-not-stored',
      {
        en: { what: `There is no stored model '${model}'.`, remedy: 'Look at the list of stored models for its name.' },
        ja: {
          what: `「${model}」というモデルは保存されていません。`,
          remedy: '保存済みモデルの一覧で名前を確認してください。',
        },
      },
      { model },
    );
  }
}

/** A short name that several stored models have. */
export class ModelNameAmbiguousError extends TamaError {
  constructor(name: string, sources: readonly string[]) {
    const all = sources.join(', ');
    super(
      'model-name-ambiguous',
      {
        en: { what: `Several stored models are called '${name}'.`, remedy: `Name one in full: ${all}.` },
        ja: {
          what: `「${name}」という名前のモデルが複数保存されています。`,
          remedy: `次のいずれかを指定してください: ${all}`,
        },
      },
      { name, sources: all },
    );
  }
}

/** A URL that names a folder: HTTP cannot tell what is in it. */
export class FolderUrlError extends TamaError {
  constructor(url: string) {
    super(
      'download-folder-url',
      {
        en: {
          what: `${url} is a folder, and a web server does not tell what files it holds.`,
          remedy: 'Give the address of one file, or hf:OWNER/REPO for a model of several files.',
        },
        ja: {
          what: `${url} はフォルダーで、その中のファイルの一覧を取得できません。`,
          remedy: 'ファイルのアドレスか、複数のファイルからなるモデルなら hf:OWNER/REPO を指定してください。',
        },
      },
      { url },
    );
  }
}

/** The browser has no private file system here: an old browser, a private window, a page that is not secure. */
export class StoreUnavailableError extends TamaError {
  constructor(options?: ErrorOptions) {
    super(
      'store-unavailable',
      {
        en: {
          what: 'This browser offers no storage for model files here.',
          remedy: 'Use a current browser, not in private mode, over https; or open a model file from disk.',
        },
        ja: {
          what: 'このブラウザーではモデルファイルを保存できません。',
          remedy:
            '最新のブラウザーをプライベートモード以外で、https接続でお使いください。ディスク上のモデルファイルを開くこともできます。',
        },
      },
      {},
      options,
    );
  }
}
