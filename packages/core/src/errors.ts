import { TamaError, type Words } from '@tama/errors';

/** The prompt does not leave room for one new token in the context. */
export class PromptTooLongError extends TamaError {
  constructor(promptTokens: number, contextTokens: number) {
    super(
      'prompt-too-long',
      {
        en: {
          what: `The prompt has ${promptTokens} tokens; the context holds ${contextTokens}, the reply included.`,
          remedy: 'Shorten the prompt, start a new chat, or load the model with a larger context.',
        },
        ja: {
          what: `入力は${promptTokens}トークンありますが、コンテキストには返答を含めて${contextTokens}トークンしか入りません。`,
          remedy: '入力を短くするか、新しいチャットを始めるか、より大きいコンテキストでモデルを読み込んでください。',
        },
      },
      { promptTokens, contextTokens },
    );
  }
}

/** A prompt of no tokens: there is nothing to continue. */
export class EmptyPromptError extends TamaError {
  constructor() {
    super('prompt-empty', {
      en: { what: 'The prompt is empty.', remedy: 'Give at least one token.' },
      ja: { what: '入力が空です。', remedy: '1トークン以上の入力を渡してください。' },
    });
  }
}

/** A token id that the model does not have. */
export class TokenIdError extends TamaError {
  constructor(id: number, position: number, vocabularySize: number) {
    super(
      'token-id',
      {
        en: {
          what: `Token id ${id} at position ${position} is not in this vocabulary of ${vocabularySize}.`,
          remedy: `Pass whole numbers from 0 to ${vocabularySize - 1}.`,
        },
        ja: {
          what: `位置${position}のトークンID ${id}は、語彙数${vocabularySize}のこのモデルにありません。`,
          remedy: `0から${vocabularySize - 1}までの整数を渡してください。`,
        },
      },
      { id, position, vocabularySize },
    );
  }
}

/** A position of which no logits exist. */
export class PositionError extends TamaError {
  constructor(position: number, tokens: number) {
    super(
      'position',
      {
        en: {
          what: `Position ${position} is not among the ${tokens} tokens given.`,
          remedy: `Ask for 0 to ${tokens - 1}.`,
        },
        ja: {
          what: `位置${position}は、渡された${tokens}トークンの範囲外です。`,
          remedy: `0から${tokens - 1}までを指定してください。`,
        },
      },
      { position, tokens },
    );
  }
}

/** Text was passed to a model that came without a tokenizer. */
export class TokenizerMissingError extends TamaError {
  constructor(model: string) {
    super(
      'tokenizer-missing',
      {
        en: {
          what: `'${model}' has no tokenizer beside its weights.`,
          remedy: 'Put tokenizer.model or tokenizer.json into the same folder, or pass token ids.',
        },
        ja: {
          what: `「${model}」にはトークナイザーがありません。`,
          remedy: '同じフォルダーにtokenizer.modelまたはtokenizer.jsonを置くか、トークンIDを渡してください。',
        },
      },
      { model },
    );
  }
}

/** A load or generate option outside its range. */
export class OptionError extends TamaError {
  /** @param value a number or a name, or whatever else a caller without types gave */
  constructor(option: string, value: unknown, expected: Words) {
    // An object by its kind: bytes could be many.
    const name = typeof value === 'object' ? Object.prototype.toString.call(value) : String(value);
    const shown = typeof value === 'string' ? `'${value}'` : name;
    super(
      'option',
      {
        en: { what: `Option ${option} is ${shown}.`, remedy: `It must be ${expected.en}.` },
        ja: {
          what: `オプション「${option}」に「${name}」は指定できません。`,
          remedy: `${expected.ja}を指定してください。`,
        },
      },
      { option, value: typeof value === 'number' || typeof value === 'string' ? value : shown, expected: expected.en },
    );
  }
}

/** The model's logits are not numbers: its weights hold NaN or infinity, or the driver computes wrongly. */
export class NotANumberError extends TamaError {
  constructor(model: string, position: number) {
    super(
      'not-a-number',
      {
        en: {
          what: `'${model}' gave no number for any token at position ${position}.`,
          remedy:
            "Check the file with 'tama inspect --verify'; if it is sound, load it with device f32 and report this.",
        },
        ja: {
          what: `「${model}」の位置${position}の出力が、すべて数値ではありませんでした。`,
          remedy:
            '「tama inspect --verify」でファイルを確認してください。問題がなければ、device f32で読み込み、ご報告ください。',
        },
      },
      { model, position },
    );
  }
}

/** The model was closed. */
export class ModelClosedError extends TamaError {
  constructor(model: string) {
    super(
      'model-closed',
      {
        en: { what: `'${model}' was closed.`, remedy: 'Load it again.' },
        ja: { what: `「${model}」は閉じられています。`, remedy: '読み込み直してください。' },
      },
      { model },
    );
  }
}
