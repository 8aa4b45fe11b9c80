import type { CDPSession, Locator, Page } from 'playwright-core';

export type Reply = { readonly state: string; readonly text: string; readonly ids: readonly number[] };

/** The chat as a person uses it: by keys, labels and what is on the screen. */
export class ChatPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: /^(Message|メッセージ)$/ });
  }

  get replies(): Locator {
    return this.page.locator('[data-role=assistant]');
  }

  /** Waits until a model can answer. */
  async modelIsReady(): Promise<void> {
    await this.page.locator('[data-phase=ready]').waitFor();
  }

  /** Types key by key and sends. */
  async type(text: string): Promise<void> {
    await this.field.click();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** Types, sends, and waits for the reply to end. */
  async say(text: string): Promise<Reply> {
    const before = await this.replies.count();
    await this.type(text);
    return this.reply(before);
  }

  /** Has the page press Stop when the next reply has a token: pressed from here, it may come after the last one. */
  async stopAtFirstToken(): Promise<void> {
    await this.page.evaluate(() => {
      const observer = new MutationObserver(() => {
        if (!document.querySelector('[data-role=assistant][data-state=streaming]')) return;
        observer.disconnect();
        document.querySelector<HTMLButtonElement>('button[aria-label=Stop]')!.click();
      });
      observer.observe(document, { subtree: true, childList: true, attributeFilter: ['data-state'] });
    });
  }

  /** The reply with this index, when it has ended. */
  async reply(index: number): Promise<Reply> {
    const article = this.replies.nth(index);
    await article.and(this.page.locator(':not([data-state=waiting]):not([data-state=streaming])')).waitFor();
    const ids = (await article.locator('[data-token-ids]').textContent()) ?? '';
    return {
      state: (await article.getAttribute('data-state')) ?? '',
      text: (await article.locator('.tama-markdown').textContent()) ?? '',
      ids: ids === '' ? [] : ids.split(' ').map(Number),
    };
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }
}

/** A Japanese input method, played through the browser's own door for them. */
export class InputMethod {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(page: Page): Promise<InputMethod> {
    return new InputMethod(await page.context().newCDPSession(page));
  }

  /** Shows the text as a conversion that is not confirmed yet, one step after another. */
  async compose(...steps: readonly string[]): Promise<void> {
    for (const text of steps) {
      await this.#session.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    }
  }

  /** A key that the input method keeps to itself. The page hears it with code 229, on a Mac under its own name. */
  async press(code: 'Enter' | 'Escape' | 'Space'): Promise<void> {
    const key = { key: code, code, windowsVirtualKeyCode: 229 };
    await this.#session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
    await this.#session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  }

  /** Confirms the conversion as this text. */
  async confirm(text: string): Promise<void> {
    await this.#session.send('Input.insertText', { text });
  }
}
