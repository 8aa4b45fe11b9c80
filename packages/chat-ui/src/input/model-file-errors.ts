import { TamaError } from '@tama/errors';

/** Nothing of what was chosen or dropped looks like a model. */
export class NoModelFilesError extends TamaError {
  constructor() {
    super('no-model-files', {
      en: {
        what: 'Nothing in what was chosen can be read as a model.',
        remedy: 'Choose a .gguf file, or the folder of a Gemma 2: Hugging Face (safetensors), Keras, Orbax or PyTorch.',
      },
      ja: {
        what: '選ばれたものの中に、モデルとして読めるファイルがありませんでした。',
        remedy:
          '.ggufファイルか、Gemma 2のフォルダー（Hugging Faceのsafetensors、Keras、Orbax、PyTorch）をお使いください。',
      },
    });
  }
}

/** A folder that is more than a model: someone's whole disk, perhaps. */
export class FolderTooLargeError extends TamaError {
  constructor(name: string, files: number, depth: number) {
    super(
      'folder-too-large',
      {
        en: {
          what: `'${name}' holds more than ${files.toLocaleString('en')} files, or folders more than ${depth} deep.`,
          remedy: 'Choose the model’s own folder.',
        },
        ja: {
          what: `「${name}」には、${files.toLocaleString('ja')}個を超えるファイルか、${depth}階層を超えるフォルダーがあります。`,
          remedy: 'モデルそのもののフォルダーを選んでください。',
        },
      },
      { name, files, depth },
    );
  }
}
