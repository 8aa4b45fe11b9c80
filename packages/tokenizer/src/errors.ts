import { type ErrorDetails, TamaError, type Words } from '@tama/errors';

/** Where a vocabulary was read from. */
export type VocabularySource = 'tokenizer.model' | 'tokenizer.json' | 'GGUF';

/** One sentence in each language, saying what was found. */
export type Finding = Words;

/** The file is damaged, truncated or contradicts itself. */
export class MalformedVocabularyError extends TamaError {
  constructor(source: VocabularySource, finding: Finding, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(
      'vocabulary-malformed',
      {
        en: {
          what: `The vocabulary (${source}) cannot be read: ${finding.en}.`,
          remedy: 'Download the file again and compare its size and SHA-256 with the published ones.',
        },
        ja: {
          what: `語彙（${source}）を読み込めません: ${finding.ja}。`,
          remedy: 'ファイルをもう一度ダウンロードし、サイズとSHA-256を公開されている値と比べてください。',
        },
      },
      { source, ...details },
      options,
    );
  }
}

/** The file is sound, but asks for something that Gemma's tokenizer does not do. */
export class UnsupportedVocabularyError extends TamaError {
  constructor(source: VocabularySource, setting: string | Words, found: string, needed: string) {
    const { en, ja } = typeof setting === 'string' ? { en: setting, ja: `「${setting}」` } : setting;
    super(
      'vocabulary-unsupported',
      {
        en: {
          what: `The vocabulary (${source}) belongs to another kind of tokenizer: ${en} is ${found}, Gemma's is ${needed}.`,
          remedy: 'Use the tokenizer.model, tokenizer.json or GGUF file that came with a Gemma 2 model.',
        },
        ja: {
          what: `語彙（${source}）は別の方式のトークナイザーのものです: ${ja}は${found}ですが、Gemmaでは${needed}です。`,
          remedy: 'Gemma 2のモデルに付属するtokenizer.model、tokenizer.json、またはGGUFファイルを使ってください。',
        },
      },
      { source, setting: en, found, needed },
    );
  }
}

/** An id that is not in the vocabulary was given to be decoded. */
export class TokenIdError extends TamaError {
  constructor(id: number, vocabularySize: number) {
    super(
      'token-id-out-of-range',
      {
        en: {
          what: `Token id ${id} is not in the vocabulary, whose ids are the integers 0 to ${vocabularySize - 1}.`,
          remedy: 'Decode ids with the vocabulary of the model that made them.',
        },
        ja: {
          what: `トークンID ${id}は語彙にありません。有効なIDは0から${vocabularySize - 1}までの整数です。`,
          remedy: 'IDを生成したモデルの語彙を使って復号してください。',
        },
      },
      { id, vocabularySize },
    );
  }
}

type DueRole = 'user' | 'assistant';

/** The conversation does not fit Gemma's template: user and assistant take turns, and the user begins. */
export class ChatRoleError extends TamaError {
  /** `found` is the role of the message at `index`, undefined where the conversation ends too early. */
  constructor(index: number, found: string | undefined, due: DueRole) {
    super(
      'chat-role',
      {
        en: {
          what:
            found === undefined
              ? `The conversation ends after ${index} messages, where a message of the ${due} is due.`
              : `Message ${index + 1} of the conversation is of the role "${found}", where a message of the ${due} is due.`,
          remedy: 'Let user and assistant take turns, the user first; put system text right before a user message.',
        },
        ja: {
          what:
            found === undefined
              ? `会話が${index}件のメッセージで終わっていますが、次に${due}のメッセージが必要です。`
              : `会話の${index + 1}件目のメッセージの役割は「${found}」ですが、ここでは${due}のメッセージが必要です。`,
          remedy: 'userから始めてuserとassistantを交互に並べ、systemはuserの直前に置いてください。',
        },
      },
      { index, found, due },
    );
  }
}

/** A message holds something else than a text: Gemma 2 reads nothing else, also not the parts that other APIs have. */
export class ChatContentError extends TamaError {
  constructor(index: number, found: string) {
    super(
      'chat-content',
      {
        en: {
          what: `The content of message ${index + 1} of the conversation is of the type ${found}, not a text.`,
          remedy: 'Give every message as { role, content } with a string as content; join the texts of several parts.',
        },
        ja: {
          what: `会話の${index + 1}件目のメッセージの「content」が文字列ではありません（型: ${found}）。`,
          remedy:
            '各メッセージを「{ role, content }」の形にし、「content」に文字列を渡してください。複数の部分は1つの文字列につなげてください。',
        },
      },
      { index, found },
    );
  }
}

/** The vocabulary has no turn markers, so that a conversation cannot be written with it. */
export class NoTurnMarkersError extends TamaError {
  constructor() {
    super('no-turn-markers', {
      en: {
        what: 'The vocabulary has no <start_of_turn> and <end_of_turn>, so it cannot hold a conversation.',
        remedy: 'Use a Gemma 2 vocabulary, or encode plain text instead.',
      },
      ja: {
        what: '語彙に<start_of_turn>と<end_of_turn>がないため、会話を表せません。',
        remedy: 'Gemma 2の語彙を使うか、通常のテキストとして符号化してください。',
      },
    });
  }
}
