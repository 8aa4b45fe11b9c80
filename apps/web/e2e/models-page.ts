import type { Locator, Page } from 'playwright-core';

/** The models of the page as a person uses them, in either language. */
export class ModelsPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  async open(): Promise<void> {
    await this.page.locator('.tama-model-button').click();
    await this.dialog.waitFor();
  }

  async close(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.dialog.waitFor({ state: 'detached' });
  }

  /** The hub that is asked, with a token or none. */
  async useHub(url: string, token = ''): Promise<void> {
    const fields = this.dialog.getByText(/^(Access token and hub|アクセストークンとハブ)$/);
    const endpoint = this.dialog.getByRole('textbox', { name: /^(Address of the hub|ハブのアドレス)$/ });
    if (!(await endpoint.isVisible())) await fields.click();
    await endpoint.fill(url);
    await this.dialog.getByLabel(/^(Access token|アクセストークン)$/).fill(token);
  }

  async lookUp(reference: string): Promise<void> {
    await this.dialog.getByRole('textbox', { name: /^(Model|モデル)$/ }).fill(reference);
    await this.page.keyboard.press('Enter');
  }

  button(name: RegExp): Locator {
    return this.dialog.getByRole('button', { name });
  }

  get downloadButton(): Locator {
    return this.button(/^(Download|ダウンロード)/);
  }

  /** The one model that is stored, or on its way, once it is in this state. */
  stored(state: 'download' | 'paused' | 'interrupted' | 'complete'): Locator {
    return this.dialog.locator(`[data-source][data-state=${state}]`);
  }
}
