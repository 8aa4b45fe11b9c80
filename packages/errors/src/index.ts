export type { ErrorDetails, ErrorText, ErrorTexts, Locale, SerialisedError, Words } from './tama-error.ts';
export { deserialiseError, explain, isTamaError, serialiseError, TamaError } from './tama-error.ts';
