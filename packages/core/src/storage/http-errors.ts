import { TamaError, type Words } from '@tama/errors';

/** A text that should be a URL and is none, or one of a scheme that is not fetched, such as that of a path on disk. */
export class BadUrlError extends TamaError {
  constructor(url: string) {
    super(
      'bad-url',
      {
        en: {
          what: `'${url}' is not a URL that can be fetched.`,
          remedy: 'Give it in full, such as https://example.com/model.gguf. In Node, nodePath opens a file on disk.',
        },
        ja: {
          what: `「${url}」は取得できるURLではありません。`,
          remedy:
            'https://example.com/model.gguf のように完全な形で指定してください。Node.jsでは、ディスク上のファイルはnodePathで開けます。',
        },
      },
      { url },
    );
  }
}

/** The server answered with a status that means no, after retries where those make sense. */
export class HttpStatusError extends TamaError {
  constructor(url: string, status: number) {
    const remedy = remedies[status] ?? (status >= 500 ? remedies[503]! : remedies[400]!);
    super(
      'http-status',
      {
        en: { what: `${url} answered with status ${status}.`, remedy: remedy.en },
        ja: { what: `${url} がステータス${status}を返しました。`, remedy: remedy.ja },
      },
      { url, status },
    );
  }
}

const forbidden = {
  en: 'Accept the licence of the model on its page, and give an access token that may read it.',
  ja: 'モデルのページで利用規約に同意し、読み取り権限のあるアクセストークンを指定してください。',
};
const remedies: Readonly<Record<number, { readonly en: string; readonly ja: string }>> = {
  400: { en: 'Check the address.', ja: 'アドレスを確認してください。' },
  401: forbidden,
  403: forbidden,
  429: {
    en: 'The server asks for fewer requests; try again later, or with an access token.',
    ja: 'サーバーがリクエストを制限しています。時間をおくか、アクセストークンを指定してください。',
  },
  503: {
    en: 'The server has a problem of its own; try again later.',
    ja: 'サーバー側で問題が起きています。時間をおいて再度お試しください。',
  },
};

/** A web page came where a model file was expected: a login page, an error page, a page about the file. */
export class HtmlAnswerError extends TamaError {
  constructor(url: string) {
    super(
      'http-html',
      {
        en: {
          what: `${url} answered with a web page (HTML), not with a model file.`,
          remedy: 'Use the direct download address of the file; on a hub that is the one with /resolve/, not /blob/.',
        },
        ja: {
          what: `${url} はモデルファイルではなくウェブページ（HTML）を返しました。`,
          remedy:
            'ファイルを直接ダウンロードできるアドレスを指定してください（ハブでは/blob/ではなく/resolve/を含むもの）。',
        },
      },
      { url },
    );
  }
}

/** The server cannot send parts of a file, and the file is too large to be held in memory whole. */
export class RangesUnsupportedError extends TamaError {
  constructor(url: string, size: number | undefined, limit: number) {
    const bytes = size === undefined ? 'a size it does not tell' : `${size} bytes`;
    super(
      'http-no-ranges',
      {
        en: {
          what: `${url} has ${bytes}, and its server ignores range requests; without them at most ${limit} bytes are read.`,
          remedy: 'Download the file and open it from disk, or use a server that supports range requests.',
        },
        ja: {
          what: `${url}（${size === undefined ? 'サイズ不明' : `${size}バイト`}）のサーバーは範囲リクエストに対応していません。その場合に読めるのは${limit}バイトまでです。`,
          remedy: 'ファイルをダウンロードして開くか、範囲リクエストに対応したサーバーを使ってください。',
        },
      },
      { url, size, limit },
    );
  }
}

/** The server supports ranges but does not let us see how large the file is (a CORS setting, usually). */
export class SizeUnknownError extends TamaError {
  constructor(url: string) {
    super(
      'http-size-unknown',
      {
        en: {
          what: `${url} does not tell how large the file is.`,
          remedy:
            'The server has to expose the Content-Range header (Access-Control-Expose-Headers); or download the file and open it from disk.',
        },
        ja: {
          what: `${url} のファイルサイズが分かりません。`,
          remedy:
            'サーバー側でContent-Rangeヘッダーを公開する（Access-Control-Expose-Headers）か、ファイルをダウンロードして開いてください。',
        },
      },
      { url },
    );
  }
}

/** The answer is not the part that was asked for, or is compressed. */
export class BadRangeAnswerError extends TamaError {
  constructor(url: string, asked: string, answered: string | Words) {
    const { en, ja } = typeof answered === 'string' ? { en: answered, ja: answered } : answered;
    super(
      'http-bad-range',
      {
        en: {
          what: `${url} was asked for '${asked}' and answered with '${en}'.`,
          remedy:
            'The server or a proxy before it handles range requests wrongly; download the file and open it from disk.',
        },
        ja: {
          what: `${url} に「${asked}」を要求しましたが、「${ja}」が返されました。`,
          remedy:
            'サーバーまたは途中のプロキシーが範囲リクエストを正しく処理していません。ファイルをダウンロードして開いてください。',
        },
      },
      { url, asked, answered: en },
    );
  }
}

/** The connection failed or broke off, and did so again on every retry. */
export class NetworkError extends TamaError {
  constructor(url: string, attempts: number, options?: ErrorOptions) {
    super(
      'network',
      {
        en: {
          what: `${url} could not be read: the connection failed ${attempts} times.`,
          remedy:
            'Check the network connection and the address (and, on a web page, that the server allows it by CORS).',
        },
        ja: {
          what: `${url} を読み込めません。接続に${attempts}回失敗しました。`,
          remedy: 'ネットワーク接続とアドレスを確認してください（ウェブページではサーバーのCORS設定も）。',
        },
      },
      { url, attempts },
      options,
    );
  }
}

/** The connection stayed open but nothing arrived for too long, on every retry. */
export class NetworkStalledError extends TamaError {
  constructor(url: string, milliseconds: number) {
    super(
      'network-stalled',
      {
        en: {
          what: `Nothing arrived from ${url} for ${milliseconds / 1000} seconds.`,
          remedy: 'Check the network connection and try again.',
        },
        ja: {
          what: `${url} から${milliseconds / 1000}秒間データが届きませんでした。`,
          remedy: 'ネットワーク接続を確認して、再度お試しください。',
        },
      },
      { url, milliseconds },
    );
  }
}
