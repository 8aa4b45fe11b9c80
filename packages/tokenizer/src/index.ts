export type { ChatMessage, EncodeChatOptions, RenderOptions } from './chat-template.ts';
export { encodeChat, renderChat } from './chat-template.ts';
export type { VocabularySource } from './errors.ts';
export {
  ChatContentError,
  ChatRoleError,
  MalformedVocabularyError,
  NoTurnMarkersError,
  TokenIdError,
  UnsupportedVocabularyError,
} from './errors.ts';
export type { GgufVocabulary } from './gguf-vocabulary.ts';
export { vocabularyFromGguf } from './gguf-vocabulary.ts';
export { vocabularyFromHuggingFace } from './hugging-face-vocabulary.ts';
export { vocabularyFromSentencePiece } from './sentencepiece-model.ts';
export type { DecodeOptions, StreamDecoder } from './stream-decoder.ts';
export type { EncodeOptions } from './tokenizer.ts';
export { Tokenizer } from './tokenizer.ts';
export type { SpecialIds, Vocabulary } from './vocabulary.ts';
export { PieceKind } from './vocabulary.ts';
