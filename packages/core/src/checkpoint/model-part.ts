/** What lies beside the weights of a model in any of the formats, by the names that their writers give. */
const PARTS = [
  /^((backbone_|generation_|tokenizer_|preprocessor_)?config|tokenizer|task|preprocessor|special_tokens_map|added_tokens)\.json$/i,
  /\.(index|weights)\.json$/i,
  /^(tokenizer\.model|chat_template\.(json|jinja))$|\.spm$/i,
  /^(_METADATA|_CHECKPOINT_METADATA|_sharding|commit_success\.txt|process_\d+)$/,
  /^(\.z(array|attrs|group|metadata)|zarr\.json)$/,
];

/** Whether a file of this name is no model by itself, but goes with the weights of one. */
export const isModelPart = (name: string): boolean => PARTS.some((part) => part.test(name));
