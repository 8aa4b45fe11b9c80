/** Takes the picture of the README, of the built site with the demo model: pnpm --filter @tama/web picture */
import path from 'node:path';
import { launchBrowser, openPage } from './browser.ts';
import { ChatPage } from './chat-page.ts';
import { serveSite } from './site.ts';

const site = await serveSite();
const browser = await launchBrowser();
const { page } = await openPage(browser, site.url, {
  viewport: { width: 1120, height: 900 },
  deviceScaleFactor: 1.5,
  colorScheme: 'light',
});
const chat = new ChatPage(page);
await chat.modelIsReady();
for (const text of ['I like green tea.', '明日は雨が降るでしょう。', '俳句を詠んで']) await chat.say(text);
await page.screenshot({ path: path.join(import.meta.dirname, '../../../docs/images/chat.png') });
await browser.close();
await site.close();
