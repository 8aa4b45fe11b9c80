import type { Engine, LoadedWeights, LoadOptions, ModelStore } from '@tama/core';
import type { Tokenizer } from '@tama/tokenizer';
import type { Inspection } from './inspection.ts';

export type EngineOptions = Omit<LoadOptions, 'gpu'> & {
  /** Part of the name of the graphics adapter to use. */
  readonly adapter?: string;
};

export type InspectOptions = {
  /** Tokens to plan the memory for. Default: what the model was trained for. */
  readonly context?: number;
  /** Float weights quantised as they would be while loading. Default: as they are stored. */
  readonly weights?: LoadedWeights;
  /** Reads every weight, telling how far it is. */
  readonly verify?: (verifiedBytes: number, totalBytes: number) => void;
};

/** The world beyond the command line. MODEL is `demo`, an http(s) URL, `hf:OWNER/REPO`, a path, or a stored model. */
export type Dependencies = {
  readonly version: string;
  loadEngine(model: string, options: EngineOptions): Promise<Engine>;
  /** What a checkpoint says about itself, read without a GPU and, unless they are to be verified, without its weights. */
  inspect(model: string, signal: AbortSignal, options?: InspectOptions): Promise<Inspection>;
  /** The tokenizer that belongs to a model. @throws {TokenizerMissingError} */
  modelTokenizer(model: string, signal: AbortSignal): Promise<Tokenizer>;
  /** The tokenizer of a vocabulary file: tokenizer.model, tokenizer.json or GGUF, recognised by its content. */
  fileTokenizer(path: string, signal: AbortSignal): Promise<Tokenizer>;
  /** The models on this machine's disk. */
  modelStore(): ModelStore;
};
