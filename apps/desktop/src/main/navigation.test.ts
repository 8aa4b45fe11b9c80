import { EventEmitter } from 'node:events';
import type { WebContents } from 'electron';
import { beforeEach, describe, expect, it } from 'vitest';
import { guardNavigation } from './navigation.ts';

type OpenHandler = Parameters<WebContents['setWindowOpenHandler']>[0];

class FakeContents extends EventEmitter {
  openHandler: OpenHandler | undefined;
  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler;
  }
  /** Whether a navigation event of this kind would go through. */
  allows(event: string, url: string): boolean {
    let prevented = false;
    this.emit(event, { url, preventDefault: () => (prevented = true) });
    return !prevented;
  }
}

let contents: FakeContents;
let opened: string[];
beforeEach(() => {
  contents = new FakeContents();
  opened = [];
  guardNavigation(contents as unknown as WebContents, (url) => opened.push(url));
});

describe('navigation', () => {
  it.each(['will-frame-navigate', 'will-redirect'])('stays in the app on %s', (event) => {
    expect(contents.allows(event, 'app://tama/licence')).toBe(true);
    for (const url of [
      'https://example.com/',
      'app://other/',
      'file:///etc/passwd',
      'data:text/html,x',
      'about:blank',
    ]) {
      expect(contents.allows(event, url)).toBe(false);
    }
    // A script can start a navigation: the address must not reach the browser either.
    expect(opened).toEqual([]);
  });

  it('opens no window of its own and passes the address on', () => {
    const answer = contents.openHandler?.({ url: 'https://example.com/' } as Parameters<OpenHandler>[0]);
    expect(answer).toEqual({ action: 'deny' });
    expect(opened).toEqual(['https://example.com/']);
  });

  it('attaches no webview', () => {
    expect(contents.allows('will-attach-webview', 'app://tama/')).toBe(false);
  });
});
