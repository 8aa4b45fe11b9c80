import type { HubAccess } from '../model-store-host.ts';

export const huggingFace = 'https://huggingface.co';

export type HubSettings = {
  readonly endpoint: string;
  readonly token: string;
  /** The token is kept for the next visit. Off unless the reader asks for it. */
  readonly rememberToken: boolean;
};

type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
const key = 'tama.hub';

/** Which hub is asked and with what token, as far as an earlier visit was told to keep it. */
export function readHubSettings(storage: KeyValueStorage | undefined, endpoint = huggingFace): HubSettings {
  let kept: { endpoint?: unknown; token?: unknown } = {};
  try {
    kept = JSON.parse(storage?.getItem(key) ?? 'null') ?? {};
  } catch {
    // Forbidden or damaged: as on a first visit.
  }
  return {
    endpoint: typeof kept.endpoint === 'string' ? kept.endpoint : endpoint,
    token: typeof kept.token === 'string' ? kept.token : '',
    rememberToken: typeof kept.token === 'string',
  };
}

/** Keeps the endpoint where it is not the usual one, and the token only where that was asked for. */
export function writeHubSettings(
  storage: KeyValueStorage | undefined,
  { endpoint, token, rememberToken }: HubSettings,
  usual = huggingFace,
): void {
  const kept = {
    ...(endpoint === usual ? {} : { endpoint }),
    ...(rememberToken && token !== '' ? { token } : {}),
  };
  try {
    if (Object.keys(kept).length > 0) storage?.setItem(key, JSON.stringify(kept));
    else storage?.removeItem(key);
  } catch {
    // A full or forbidden store: it holds for this visit.
  }
}

export const hubAccess = ({ endpoint, token }: HubSettings): HubAccess => ({
  endpoint: endpoint.trim(),
  ...(token.trim() === '' ? {} : { token: token.trim() }),
});
