import { isTamaError } from '@tama/errors';

/** A Gemma 2 that people ask for by name. */
export type KnownModel = {
  readonly reference: string;
  readonly name: string;
  /** What it is for, as a key of the texts. */
  readonly kind: 'japanese' | 'general' | 'large' | 'small';
  /** Its publisher asks for an accepted licence and a token. */
  readonly gated: boolean;
};

/**
 * Google's own instruction-tuned models, in the form that Google published them in, and a quantised 2B that needs no
 * account. Sizes are not written down: the hub tells them when it is asked.
 */
export const knownModels: readonly KnownModel[] = [
  {
    reference: 'hf:bartowski/gemma-2-2b-it-GGUF/gemma-2-2b-it-Q4_K_M.gguf',
    name: 'Gemma 2 2B, Q4_K_M',
    kind: 'small',
    gated: false,
  },
  { reference: 'hf:google/gemma-2-2b-jpn-it', name: 'Gemma 2 2B JPN', kind: 'japanese', gated: true },
  { reference: 'hf:google/gemma-2-2b-it', name: 'Gemma 2 2B', kind: 'general', gated: true },
  { reference: 'hf:google/gemma-2-9b-it', name: 'Gemma 2 9B', kind: 'large', gated: true },
];

export const isGated = (source: string): boolean => /^hf:google\//i.test(source);

/** True for the answers of a hub that wants a licence accepted, or a token. */
export const isRefusal = (error: unknown): boolean =>
  isTamaError(error, 'http-status') && (error.details.status === 401 || error.details.status === 403);
