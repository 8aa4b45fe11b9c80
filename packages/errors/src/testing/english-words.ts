/** Names that Japanese text has as they are: of formats, programs, companies, commands and their options. */
const names = new Set(
  `Gemma Google Keras Orbax Hugging Face Tama PyTorch Python Chrome Edge Safari Firefox Enter
   npm safetensors zarr zstd gzip zip pickle ggml torch ckpt gguf iconv localhost http https
   order default null true false Infinity user assistant system main device adapter`.split(/\s+/),
);

/** A byte of a file's beginning. */
const HEXADECIMAL = /^[a-f]{2}$/;

/**
 * The English words in a Japanese text: letters only, no capitals within, no name. What is quoted, an address or a
 * parameter of another file is left out.
 */
export function englishWords(text: string): readonly string[] {
  const bare = text.replace(/「[^「」]*」|`[^`]*`|"[^"]*"|https?:\S+/g, ' ');
  return (bare.match(/[A-Za-z0-9_.'/:*<-]*[A-Za-z][A-Za-z0-9_.'/:*>-]*/g) ?? []).filter(
    (word) =>
      /^[A-Z]?[a-z]+('[a-z]+)?[.:]?$/.test(word) &&
      word.length > 1 &&
      !HEXADECIMAL.test(word) &&
      !names.has(word.replace(/[.:]$/, '')),
  );
}
