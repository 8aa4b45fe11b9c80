import { TamaError, type Words } from '@tama/errors';

/** Text that begins with `hf:` and does not go on as a reference to a model. */
export class BadHubReferenceError extends TamaError {
  constructor(reference: string) {
    super(
      'hub-reference',
      {
        en: {
          what: `'${reference}' is not a reference to a model on a hub.`,
          remedy: 'Write hf:OWNER/REPO or hf:OWNER/REPO/FILE.gguf, with @REVISION after it where main is not meant.',
        },
        ja: {
          what: `「${reference}」はハブのモデルの参照として正しくありません。`,
          remedy:
            'hf:OWNER/REPO または hf:OWNER/REPO/FILE.gguf の形で書いてください（main以外のリビジョンは末尾に@REVISION）。',
        },
      },
      { reference },
    );
  }
}

/** The hub has no such repository or revision, or does not show it to everyone. */
export class HubRepositoryMissingError extends TamaError {
  constructor(repository: string, revision: string, endpoint: string, options?: ErrorOptions) {
    super(
      'hub-repository-missing',
      {
        en: {
          what: `${endpoint} has no model '${repository}' with the revision '${revision}'.`,
          remedy: 'Check the spelling; a private model needs an access token that may read it.',
        },
        ja: {
          what: `${endpoint} に「${repository}」（リビジョン「${revision}」）というモデルはありません。`,
          remedy: '名前が正しいか確認してください。非公開のモデルには、読み取り権限のあるアクセストークンが必要です。',
        },
      },
      { repository, revision, endpoint },
      options,
    );
  }
}

/** What the hub says of a repository is not what its API promises. */
export class BadHubAnswerError extends TamaError {
  constructor(url: string, problem: Words, options?: ErrorOptions) {
    super(
      'hub-answer',
      {
        en: {
          what: `${url} did not answer as the API of a hub does: ${problem.en}.`,
          remedy: 'Check the address of the hub; it must offer the API of huggingface.co.',
        },
        ja: {
          what: `${url} の応答がハブのAPIのものではありません（${problem.ja}）。`,
          remedy: 'ハブのアドレスを確認してください。huggingface.coと同じAPIが必要です。',
        },
      },
      { url, problem: problem.en },
      options,
    );
  }
}

/** A repository holds several models, typically one file per quantisation. `example` is a reference to one of them. */
export class AmbiguousHubModelError extends TamaError {
  constructor(reference: string, models: readonly { readonly path: string; readonly size: number }[], example: string) {
    const names = models.map(({ path }) => path).join(', ');
    super(
      'hub-model-ambiguous',
      {
        en: {
          what: `${reference} holds ${models.length} models: ${names}.`,
          remedy: `Name one of them, such as ${example}.`,
        },
        ja: {
          what: `${reference} には${models.length}個のモデルがあります: ${names}`,
          remedy: `${example} のように、1つを指定してください。`,
        },
      },
      { reference, files: names, bytes: models.map(({ size }) => size).join(', ') },
    );
  }
}

/** A repository without anything that could be a model's weights. */
export class NoHubModelError extends TamaError {
  constructor(reference: string) {
    super(
      'hub-model-missing',
      {
        en: {
          what: `${reference} holds no files of a model.`,
          remedy: 'Look at its page for what it holds, and check the path.',
        },
        ja: {
          what: `${reference} にはモデルのファイルがありません。`,
          remedy: 'ハブのページで内容とパスを確認してください。',
        },
      },
      { reference },
    );
  }
}
