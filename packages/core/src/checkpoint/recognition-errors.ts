import { TamaError } from '@tama/errors';

/** The content is none of the formats this program reads. `start` shows how it begins. */
export class UnrecognisedFormatError extends TamaError {
  constructor(name: string, start: string) {
    super(
      'checkpoint-unrecognised',
      {
        en: {
          what: `'${name}' is not a model in a known format${start && ` (it begins with ${start})`}.`,
          remedy:
            'Give a GGUF or safetensors file, a Hugging Face folder, a Keras preset, an Orbax checkpoint or a PyTorch .ckpt of Gemma 2.',
        },
        ja: {
          what: `「${name}」は対応している形式のモデルではありません${start && `（先頭: ${start}）`}。`,
          remedy:
            'Gemma 2のGGUFまたはsafetensorsファイル、Hugging Faceのフォルダー、Kerasプリセット、Orbaxチェックポイント、PyTorchの.ckptを指定してください。',
        },
      },
      { name, start },
    );
  }
}

/** One file of a model that is a folder. `folder` is where it lies, if that is the model's. */
export class PartOfModelError extends TamaError {
  constructor(name: string, folder?: string) {
    super(
      'checkpoint-part',
      {
        en: {
          what: `'${name}' is only one of the files that make up a model.`,
          remedy: folder === undefined ? 'Give the folder that holds all of them.' : `Give its folder: '${folder}'.`,
        },
        ja: {
          what: `「${name}」は、モデルを構成するファイルの1つにすぎません。`,
          remedy:
            folder === undefined
              ? 'すべてのファイルが入ったフォルダーごと指定してください。'
              : `フォルダーごと指定してください: 「${folder}」`,
        },
      },
      { name, folder },
    );
  }
}

/** Several models lie where one was expected. */
export class SeveralModelsError extends TamaError {
  constructor(folder: string, models: readonly string[]) {
    const shown = models.slice(0, 5);
    const more = models.length - shown.length;
    super(
      'checkpoint-several',
      {
        en: {
          what: `'${folder}' holds ${models.length} models: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
          remedy: 'Give one of them, with the files that belong to it.',
        },
        ja: {
          what: `「${folder}」にはモデルが${models.length}個あります（${shown.join('、')}${more > 0 ? `、ほか${more}個` : ''}）。`,
          remedy: 'そのうちの1つを、付属するファイルと一緒に指定してください。',
        },
      },
      { folder, models: models.join(', '), count: models.length },
    );
  }
}
