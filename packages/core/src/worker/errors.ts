import { TamaError } from '@tama/errors';

/** The worker that runs the model is gone: its script failed, or the browser ended it, mostly for lack of memory. */
export class WorkerFailedError extends TamaError {
  constructor(reason: string) {
    super(
      'worker-failed',
      {
        en: {
          what: `The background worker that runs the model stopped (${reason}).`,
          remedy: 'Reload the page and load the model again.',
        },
        ja: {
          what: `モデルを動かすワーカーが停止しました（${reason}）。`,
          remedy: 'ページを再読み込みして、モデルを読み込み直してください。',
        },
      },
      { reason },
    );
  }
}

/** An option that only the thread it was made in can use was given to an engine in a worker. */
export class WorkerBoundaryError extends TamaError {
  constructor(option: string) {
    super(
      'worker-boundary',
      {
        en: {
          what: `Option ${option} cannot be passed to the background worker that runs the model.`,
          remedy: 'Leave it out, or load the model in the same thread with loadGemma.',
        },
        ja: {
          what: `オプション${option}は、モデルを動かすワーカーに渡せません。`,
          remedy: 'このオプションを外すか、loadGemmaで同じスレッドにモデルを読み込んでください。',
        },
      },
      { option },
    );
  }
}

/** The worker that downloads and keeps models is gone: its script failed, or the browser ended it. */
export class StoreWorkerFailedError extends TamaError {
  constructor(reason: string) {
    super(
      'store-worker-failed',
      {
        en: {
          what: `The background worker that stores models stopped (${reason}).`,
          remedy: 'Reload the page; a download goes on from what is stored.',
        },
        ja: {
          what: `モデルを保存するワーカーが停止しました（${reason}）。`,
          remedy: 'ページを再読み込みしてください。ダウンロードは保存済みの部分から再開できます。',
        },
      },
      { reason },
    );
  }
}
