import { describe, expect, it } from 'vitest';
import { hubAccess, huggingFace, readHubSettings, writeHubSettings } from './hub-access.ts';

function memory() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}
const token = 'hf_secret';

describe('the token of a hub', () => {
  it('is not kept unless that is asked for, and forgotten when it is taken back', () => {
    const storage = memory();
    writeHubSettings(storage, { endpoint: huggingFace, token, rememberToken: false });
    expect([...storage.items]).toEqual([]);
    writeHubSettings(storage, { endpoint: huggingFace, token, rememberToken: true });
    expect(readHubSettings(storage)).toEqual({ endpoint: huggingFace, token, rememberToken: true });
    writeHubSettings(storage, { endpoint: huggingFace, token, rememberToken: false });
    expect([...storage.items]).toEqual([]);
  });

  it('is sent without the blanks that come with pasting', () => {
    expect(hubAccess({ endpoint: huggingFace, token: ` ${token}\n`, rememberToken: false })).toEqual({
      endpoint: huggingFace,
      token,
    });
    expect(hubAccess({ endpoint: huggingFace, token: ' ', rememberToken: true })).toEqual({ endpoint: huggingFace });
  });
});

describe('the address of a hub', () => {
  it('is kept where it is not the one of the site', () => {
    const storage = memory();
    const own = { endpoint: 'https://hub.test', token: '', rememberToken: false };
    writeHubSettings(storage, own);
    expect(readHubSettings(storage)).toEqual(own);
    writeHubSettings(storage, own, 'https://hub.test');
    expect(readHubSettings(storage, 'https://hub.test')).toEqual(own);
    expect([...storage.items]).toEqual([]);
  });

  it('survives a damaged entry and a store that refuses', () => {
    const storage = memory();
    for (const text of ['{', 'null', '7', '{"endpoint":7,"token":null}']) {
      storage.items.set('tama.hub', text);
      expect(readHubSettings(storage)).toEqual({ endpoint: huggingFace, token: '', rememberToken: false });
    }
    const refuse = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    const refusing = { getItem: refuse, setItem: refuse, removeItem: refuse };
    writeHubSettings(refusing, readHubSettings(refusing));
  });
});
