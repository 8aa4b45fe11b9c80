// @vitest-environment happy-dom
import { TamaError } from '@tama/errors';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { chatsFile } from '../storage/chats-file.ts';
import { memoryStorage } from '../storage/conversation-storage.ts';
import { renderApp } from '../testing/render.tsx';
import { createGate } from '../testing/scripted-engine.ts';

const field = (name = 'Message') => screen.getByRole<HTMLTextAreaElement>('textbox', { name });
const type = (text: string) => fireEvent.change(field(), { target: { value: text } });
const press = (key: string, more: Partial<KeyboardEvent> = {}, target: Element = field()) =>
  fireEvent.keyDown(target, { key, keyCode: key === 'Enter' ? 13 : 27, ...more });
const replies = () => Array.from(document.querySelectorAll('[data-role=assistant]'));
const complete = () => waitFor(() => expect(replies().at(-1)?.getAttribute('data-state')).toBe('complete'));
const announced = () => document.querySelector('[data-announcer]')?.textContent;

describe('the message field', () => {
  it('sends on Enter, keeps the focus, and is empty again', async () => {
    const { host } = renderApp();
    field().focus();
    type('Hello!');
    press('Enter');
    await complete();
    expect(host.calls).toHaveLength(1);
    expect(field().value).toBe('');
    expect(document.activeElement).toBe(field());
  });

  it.each([
    ['during a composition', { isComposing: true, keyCode: 229 }],
    ['that ends one in Safari', { isComposing: false, keyCode: 229 }],
    ['with Shift', { shiftKey: true }],
  ])('does not send, nor take the key, on Enter %s', (_, more) => {
    const { chat } = renderApp();
    type('こんにちは');
    // fireEvent returns false when the handler prevented the default: the input method would lose its key.
    expect(press('Enter', more)).toBe(true);
    expect(chat.getState().conversation.messages).toEqual([]);
    expect(field().value).toBe('こんにちは');
  });

  it('lays out no more of a very long text a second time than it can show', () => {
    renderApp();
    type('あ'.repeat(50_000));
    expect(field().value).toHaveLength(50_000);
    expect(field().parentElement?.dataset.value?.length).toBeLessThan(5000);
  });

  it('sends on Ctrl+Enter alone where the settings say so', async () => {
    const { chat } = renderApp({}, { sendKey: 'mod-enter' });
    type('Hello!');
    press('Enter');
    expect(chat.getState().conversation.messages).toEqual([]);
    press('Enter', { ctrlKey: true });
    await complete();
  });

  it('stops a running reply on Escape, unless an input method wants the key', async () => {
    const gate = createGate();
    renderApp({ reply: () => ['a', 'b'], beforeToken: (index) => (index === 1 ? gate.opened : undefined) });
    type('Hello!');
    press('Enter');
    await waitFor(() => expect(replies()[0]?.getAttribute('data-state')).toBe('streaming'));
    press('Escape', { isComposing: true, keyCode: 229 });
    expect(replies()[0]?.getAttribute('data-state')).toBe('streaming');
    press('Escape');
    expect(replies()[0]?.getAttribute('data-state')).toBe('stopped');
    await act(async () => gate.open());
  });

  it('keeps what is written while a reply runs', async () => {
    const gate = createGate();
    const { host } = renderApp({ beforeToken: () => gate.opened });
    type('One');
    press('Enter');
    type('Two');
    press('Enter');
    expect(field().value).toBe('Two');
    await act(async () => gate.open());
    await complete();
    expect(host.calls).toHaveLength(1);
  });
});

describe('a conversation', () => {
  it('begins with an example', async () => {
    const { host } = renderApp();
    fireEvent.click(screen.getByRole('button', { name: /I like green tea/ }));
    await complete();
    expect(host.calls[0]?.prompt).toEqual({ messages: [{ role: 'user', content: 'I like green tea.' }] });
  });

  it('says that the demo model answers, on every reply and below the field', async () => {
    renderApp();
    expect(screen.getByText(/small demonstration model trained from scratch/)).toBeTruthy();
    type('Hello!');
    press('Enter');
    await complete();
    expect(replies()[0]?.textContent).toContain('Demo modelnot Google’s Gemma 2');
  });

  it('marks the language of each message', async () => {
    renderApp({ reply: () => ['私は緑茶が好きです。'] });
    type('I like green tea.');
    press('Enter');
    await complete();
    expect(screen.getByText('I like green tea.').lang).toBe('en');
    expect(screen.getByText('私は緑茶が好きです。').closest('[lang]')?.getAttribute('lang')).toBe('ja');
  });

  it('shows tokens, speed and ids', async () => {
    renderApp({ reply: () => ['a', 'b', 'c'] });
    type('Hello!');
    press('Enter');
    await complete();
    expect(screen.getByText('3 tokens')).toBeTruthy();
    expect(screen.getByText('30 tokens/s')).toBeTruthy();
    expect(document.querySelector('[data-token-ids]')?.textContent).toBe('0 1 2');
  });

  it('that was stopped shows no speed of its first token, which came with the prompt', async () => {
    const gate = createGate();
    renderApp({ reply: () => ['a', 'b', 'c'], beforeToken: (index) => (index === 1 ? gate.opened : undefined) });
    type('Hello!');
    press('Enter');
    await waitFor(() => expect(replies()[0]?.getAttribute('data-state')).toBe('streaming'));
    press('Escape');
    await act(async () => gate.open());
    await waitFor(() => expect(screen.getByText('1 token')).toBeTruthy());
    expect(screen.queryByText(/tokens\/s/)).toBeNull();
  });

  it('leaves the focus where writing goes on, and an edit that is given up where it began', async () => {
    renderApp();
    type('One');
    press('Enter');
    await complete();
    const edit = () => screen.getByRole('button', { name: 'Edit and send again' });
    fireEvent.click(edit());
    press('Escape', {}, field('Edit your message'));
    expect(document.activeElement).toBe(edit());

    const again = screen.getByRole('button', { name: /^Another answer/ });
    again.focus();
    fireEvent.click(again);
    expect(document.activeElement).toBe(field());
    await complete();
  });

  it('is edited at its last message only, composition-safe too', async () => {
    const { host } = renderApp();
    for (const text of ['One', 'Tow']) {
      type(text);
      press('Enter');
      await complete();
    }
    const edit = screen.getAllByRole('button', { name: 'Edit and send again' });
    expect(edit).toHaveLength(1);
    fireEvent.click(edit[0] as Element);
    const editor = field('Edit your message');
    expect(document.activeElement).toBe(editor);
    fireEvent.change(editor, { target: { value: 'Two' } });
    press('Enter', { keyCode: 229 }, editor);
    expect(host.calls).toHaveLength(2);
    press('Enter', {}, editor);
    await complete();
    expect(host.calls[2]?.prompt).toMatchObject({ messages: [{ content: 'One' }, {}, { content: 'Two' }] });
  });

  it('copies a reply as the model wrote it', async () => {
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    renderApp({ reply: () => ['**bold**'] });
    type('Hello!');
    press('Enter');
    await complete();
    const reply = replies()[0] as HTMLElement;
    fireEvent.click(within(reply).getByRole('button', { name: 'Copy' }));
    await waitFor(() => expect(within(reply).getByRole('button', { name: 'Copied' })).toBeTruthy());
    expect(writeText).toHaveBeenCalledWith('**bold**');
  });

  it('starts anew', async () => {
    renderApp();
    type('Hello!');
    press('Enter');
    await complete();
    fireEvent.click(screen.getByRole('button', { name: 'New chat' }));
    expect(replies()).toEqual([]);
    expect(screen.getByRole('heading', { name: 'Write a sentence.' })).toBeTruthy();
    expect(document.activeElement).toBe(field());
  });

  it('says where the model no longer sees', async () => {
    renderApp({ contextLength: 36, reply: () => ['0123456789'] });
    for (const text of ['aaaaaaaaaa', 'bbbbbbbbbb']) {
      type(text);
      press('Enter');
      await complete();
    }
    const note = screen.getByText(/no longer sees the messages above/);
    expect(note.nextElementSibling?.textContent).toContain('bbbbbbbbbb');
    // Also before the next prompt is made up.
    type('c');
    press('Enter');
    expect(replies().at(-1)?.getAttribute('data-state')).toBe('waiting');
    expect(screen.getByText(/no longer sees the messages above/)).toBeTruthy();
    await complete();
  });

  it('says that the last words could not be stored', async () => {
    renderApp({}, {}, {}, undefined, {
      ...memoryStorage(),
      save: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
    });
    type('Hello!');
    press('Enter');
    await complete();
    expect(screen.getByRole('alert').textContent).toContain('could not be stored');
    // What it says to do can be done, also where nothing was ever stored.
    fireEvent.click(screen.getByRole('button', { name: 'Chats' }));
    expect(screen.getByRole('button', { name: /^Export/ })).toBeTruthy();
  });
});

describe('screen readers', () => {
  it('hear that a reply begins and ends, not its tokens', async () => {
    const gate = createGate();
    renderApp({ reply: () => ['secret', ' words'], beforeToken: (index) => (index === 1 ? gate.opened : undefined) });
    expect(screen.getByRole('main')).toBeTruthy();
    type('Hello!');
    press('Enter');
    await waitFor(() => expect(announced()).toBe('Generating'));
    expect(screen.getByRole('log').getAttribute('aria-live')).toBe('off');
    await act(async () => gate.open());
    await waitFor(() => expect(announced()).toBe('Response complete'));
  });

  it('hear that another model is ready, each time', async () => {
    const { chat } = renderApp({ name: 'Alpha', weightBytes: 1e9 });
    type('Hello!');
    press('Enter');
    await waitFor(() => expect(announced()).toBe('Response complete'));
    const file = new File([], 'beta.gguf');
    await act(async () => chat.loadModel({ kind: 'files', files: file }));
    await waitFor(() => expect(chat.getState().model.phase).toBe('ready'));
    expect(announced()).toBe('Alpha is ready');
  });

  it('hear the whole reply where the settings say so', async () => {
    renderApp({ reply: () => ['All', ' of it'] }, { announceReplies: true });
    type('Hello!');
    press('Enter');
    await waitFor(() => expect(announced()).toBe('Response complete: All of it'));
  });
});

describe('settings', () => {
  it('switch the language, here and for the next visit', async () => {
    const { settings } = renderApp();
    fireEvent.click(screen.getByRole('button', { name: 'Settings' }));
    fireEvent.change(screen.getByRole('combobox', { name: 'Language' }), { target: { value: 'ja' } });
    expect(screen.getByRole('heading', { name: '設定' })).toBeTruthy();
    expect(document.documentElement.lang).toBe('ja');
    expect(document.title).toContain('ブラウザー');
    expect(JSON.parse(localStorage.getItem('tama.settings') ?? '')).toMatchObject({ locale: 'ja' });
    act(() => settings.change({ theme: 'dark' }));
    expect(document.documentElement.dataset.theme).toBe('dark');
    act(() => settings.change({ theme: 'system' }));
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });

  it('change how the next answer is sampled', async () => {
    const { host } = renderApp();
    fireEvent.click(screen.getByRole('button', { name: 'Settings' }));
    fireEvent.change(screen.getByRole('slider', { name: 'Temperature' }), { target: { value: '0.7' } });
    fireEvent.change(screen.getByRole('spinbutton', { name: 'Seed' }), { target: { value: '42' } });
    fireEvent.change(screen.getByRole('textbox', { name: 'System prompt' }), { target: { value: 'Be brief.' } });
    fireEvent.click(screen.getByRole('button', { name: 'Close' }));
    type('Hello!');
    press('Enter');
    await complete();
    expect(host.calls[0]?.options).toMatchObject({ temperature: 0.7, seed: 42 });
    expect(host.calls[0]?.prompt).toMatchObject({ messages: [{ role: 'system', content: 'Be brief.' }, {}] });
  });

  it('take a number as it is typed, key by key, and the nearest that is allowed', () => {
    const { settings } = renderApp();
    fireEvent.click(screen.getByRole('button', { name: 'Settings' }));
    const field = screen.getByRole<HTMLInputElement>('spinbutton', { name: 'Top-k' });
    const typing = (...steps: readonly string[]) =>
      steps.map((value) => {
        fireEvent.change(field, { target: { value } });
        return field.value;
      });
    expect(typing('6', '', '4', '40')).toEqual(['6', '', '4', '40']);
    expect(settings.getState().topK).toBe(40);
    expect(typing('400', '4000')).toEqual(['400', '4000']);
    fireEvent.blur(field);
    expect([field.value, settings.getState().topK]).toEqual(['1000', 1000]);
    typing('-5');
    expect(settings.getState().topK).toBe(0);
    typing('1.6');
    expect(settings.getState().topK).toBe(2);
    typing('');
    fireEvent.blur(field);
    expect([field.value, settings.getState().topK]).toEqual(['64', 64]);
  });
});

describe('the list of chats', () => {
  it('takes in a file that it exported, and refuses another', async () => {
    const { chat } = renderApp();
    fireEvent.click(screen.getByRole('button', { name: 'Chats' }));
    const panel = screen.getByRole('dialog');
    const choose = (text: string) =>
      fireEvent.change(panel.querySelector('[data-open=chats]') as Element, {
        target: { files: [new File([text], 'chats.json')] },
      });
    choose('{}');
    expect((await within(panel).findByRole('alert')).textContent).toContain("'chats.json' holds no chats");
    const messages = [{ id: 'u', role: 'user', text: 'One' } as const];
    choose(chatsFile([{ id: 'a', createdAt: 1, updatedAt: 2, messages }]));
    fireEvent.click(await within(panel).findByRole('button', { name: /^One/ }));
    await waitFor(() => expect(chat.getState().conversation.messages).toEqual(messages));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('deletes one on the second press, and keeps the focus', async () => {
    const { chat } = renderApp();
    for (const text of ['One', 'Two']) {
      fireEvent.click(screen.getByRole('button', { name: 'New chat' }));
      type(text);
      press('Enter');
      await complete();
    }
    fireEvent.click(screen.getByRole('button', { name: 'Chats' }));
    const panel = screen.getByRole('dialog');
    await waitFor(() => expect(chat.getState().history).toHaveLength(2));

    const remove = within(panel).getByRole('button', { name: 'Delete “One”' });
    fireEvent.click(remove);
    fireEvent.blur(remove);
    fireEvent.click(remove);
    expect(chat.getState().history).toHaveLength(2);
    fireEvent.click(within(panel).getByRole('button', { name: 'Really delete?' }));
    await waitFor(() => expect(document.activeElement).toBe(within(panel).getByRole('list', { name: 'Chats' })));
    expect(chat.getState().history.map(({ title }) => title)).toEqual(['Two']);
  });
});

describe('a problem', () => {
  const missing = new TamaError(
    'webgpu-missing',
    {
      en: { what: 'No WebGPU here.', remedy: 'Update the browser.' },
      ja: { what: 'WebGPUがありません。', remedy: 'ブラウザーを更新してください。' },
    },
    { has: 0 },
  );

  it('with the graphics is explained in the language of the reader, with a way out, and no field to write in', async () => {
    let works = false;
    renderApp(
      {
        checkAdapter: async () => {
          if (!works) throw missing;
        },
      },
      { locale: 'ja' },
    );
    const alert = await screen.findByRole('alert');
    expect(within(alert).getByRole('heading', { name: 'このブラウザーではWebGPUを使えません' })).toBeTruthy();
    expect(alert.textContent).toContain('ブラウザーを更新してください。');
    expect(alert.textContent).toContain('Firefox 141');
    expect(screen.queryByRole('textbox')).toBeNull();
    fireEvent.change(document.querySelector('textarea') as Element, { target: { value: '書きかけ' } });
    works = true;
    fireEvent.click(within(alert).getByRole('button', { name: 'もう一度試す' }));
    await waitFor(() => expect(field('メッセージ').value).toBe('書きかけ'));
  });

  it('with a file leads back to the demo model', async () => {
    const { chat, host } = renderApp({
      load: async (source) => {
        if (typeof source !== 'string') throw new Error('not a GGUF');
      },
    });
    act(() => chat.loadModel({ kind: 'files', files: new File(['x'], 'x.gguf') }));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('not a GGUF');
    fireEvent.click(within(alert).getByRole('button', { name: 'Use the demo model' }));
    await waitFor(() => expect(chat.getState().model).toMatchObject({ phase: 'ready', demo: true }));
    expect(host.sources.at(-1)).toBe('/demo.gguf');
  });

  it('with one reply stays with that reply, which can be tried again', async () => {
    const { host } = renderApp({ failGenerate: (call) => (call === 0 ? new Error('lost') : undefined) });
    type('Hello!');
    press('Enter');
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('lost');
    fireEvent.click(within(replies()[0] as HTMLElement).getByRole('button', { name: /Another answer/ }));
    await complete();
    expect(host.calls).toHaveLength(2);
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('a model of the reader', () => {
  const choose = (...files: File[]) =>
    fireEvent.change(document.querySelector('[data-open=files]') as Element, { target: { files } });

  it('is opened in place and named, and is not called the demo', async () => {
    const { host } = renderApp({ name: 'gemma-2-2b-it' });
    fireEvent.click(await screen.findByRole('button', { name: 'Model: Demo model' }));
    const file = new File(['GGUF'], 'gemma.gguf');
    choose(file);
    await screen.findByRole('button', { name: 'Model: gemma-2-2b-it' });
    expect(host.sources.at(-1)).toBe(file);
    expect(screen.queryByText(/not Google’s Gemma 2/)).toBeNull();
    expect(screen.getByText(/can be wrong/)).toBeTruthy();
  });

  it('can be dropped anywhere on the page', async () => {
    const { host } = renderApp({ name: 'gemma-2-2b-it' });
    await screen.findByRole('button', { name: 'Model: Demo model' });
    const file = new File(['GGUF'], 'gemma.gguf');
    const dataTransfer = { types: ['Files'], files: [file], items: [] };
    fireEvent.dragEnter(window, { dataTransfer });
    expect(screen.getByText('Drop a Gemma 2 model to open it')).toBeTruthy();
    fireEvent.drop(window, { dataTransfer });
    await screen.findByRole('button', { name: 'Model: gemma-2-2b-it' });
    expect(host.sources.at(-1)).toBe(file);
    expect(screen.queryByText('Drop a Gemma 2 model to open it')).toBeNull();
  });

  it('that is none is refused where it was dropped', async () => {
    const { host } = renderApp();
    fireEvent.drop(window, { dataTransfer: { types: ['Files'], files: [new File(['x'], 'photo.png')], items: [] } });
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('can be read as a model');
    expect(host.sources).toEqual(['/demo.gguf']);
    fireEvent.click(within(alert).getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('that is none is refused in sight, also where a panel was open', async () => {
    renderApp();
    fireEvent.click(await screen.findByRole('button', { name: /^Model/ }));
    fireEvent.drop(window, { dataTransfer: { types: ['Files'], files: [new File(['x'], 'photo.png')], items: [] } });
    await screen.findByRole('alert');
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('that is none is refused where it was chosen', async () => {
    const { host } = renderApp();
    fireEvent.click(await screen.findByRole('button', { name: /^Model/ }));
    choose(new File(['x'], 'photo.png'));
    expect((await screen.findByRole('alert')).textContent).toContain('can be read as a model');
    expect(host.sources).toEqual(['/demo.gguf']);
  });
});
