/** The languages an error can be told in. */
export type Locale = 'en' | 'ja';

/** Words for something, in every language, that a text is put together with. */
export type Words = Readonly<Record<Locale, string>>;

/** What happened, with names and numbers, and what to do about it. Full sentences. */
export type ErrorText = { readonly what: string; readonly remedy: string };
export type ErrorTexts = Readonly<Record<Locale, ErrorText>>;
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** An error as plain data: what crosses a worker, IPC or HTTP boundary. */
export type SerialisedError = {
  readonly name: string;
  readonly code: string;
  readonly texts: ErrorTexts;
  readonly details: ErrorDetails;
  readonly cause?: string;
};

// Registered globally, so that an error of another copy of this package, or of another realm, is still recognised.
const marker = Symbol.for('tama.error');

/**
 * The base of every error this project throws on purpose: one subclass a cause, a stable `code` for programs, data
 * fields in `details`, and the text in every language a user may read.
 */
export class TamaError extends Error {
  readonly code: string;
  readonly details: ErrorDetails;
  readonly texts: ErrorTexts;
  readonly [marker] = true;

  constructor(code: string, texts: ErrorTexts, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(`${texts.en.what} ${texts.en.remedy}`.trim(), options);
    this.name = new.target.name;
    this.code = code;
    this.texts = texts;
    this.details = details;
  }
}

/** True for a TamaError of any realm or package copy, and of the given code if one is given. */
export function isTamaError(error: unknown, code?: string): error is TamaError {
  return (
    typeof error === 'object' && error !== null && marker in error && (!code || (error as TamaError).code === code)
  );
}

/** Any thrown value as text in the user's language. Errors that are not ours keep their own message. */
export function explain(error: unknown, locale: Locale): ErrorText {
  if (isTamaError(error)) return error.texts[locale];
  const message = error instanceof Error ? error.message : String(error);
  return locale === 'ja'
    ? {
        what: `予期しないエラーが発生しました: ${message}`,
        remedy: '再度お試しください。続く場合は不具合としてご報告ください。',
      }
    : { what: `Something unexpected went wrong: ${message}`, remedy: 'Try again; if it stays, please report it.' };
}

export function serialiseError(error: unknown): SerialisedError {
  if (isTamaError(error)) {
    const { name, code, texts, details, cause } = error;
    return { name, code, texts, details, ...(cause === undefined ? {} : { cause: String(cause) }) };
  }
  return {
    name: error instanceof Error ? error.name : 'Error',
    code: 'unexpected',
    texts: { en: explain(error, 'en'), ja: explain(error, 'ja') },
    details: {},
    ...(error instanceof Error && error.stack ? { cause: error.stack } : {}),
  };
}

/** The other side of {@link serialiseError}: a TamaError with the same name, code, texts and details. */
export function deserialiseError(data: SerialisedError): TamaError {
  const error = new TamaError(data.code, data.texts, data.details, data.cause ? { cause: data.cause } : undefined);
  error.name = data.name;
  return error;
}
