// @vitest-environment happy-dom
import type { StoredModel } from '@tama/core';
import { TamaError } from '@tama/errors';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { renderApp } from '../testing/render.tsx';
import { describe2b, preview2b, storedAs } from '../testing/scripted-store.ts';

const whole = 5_000_001_000;
const openPanel = async (name: RegExp = /^Model: /) => {
  fireEvent.click(await screen.findByRole('button', { name }));
  return screen.findByRole('dialog');
};
const lookUp = (text: string, field = 'Model', button = 'Look it up') => {
  fireEvent.change(screen.getByRole('textbox', { name: field }), { target: { value: text } });
  fireEvent.click(screen.getByRole('button', { name: button }));
};
const fault = (code: string, details: Record<string, string | number> = {}) =>
  new TamaError(
    code,
    { en: { what: `What ${code}.`, remedy: 'Do this.' }, ja: { what: `何が${code}。`, remedy: 'こうする。' } },
    details,
  );
const entry = (source = describe2b.source) => document.querySelector<HTMLElement>(`[data-source="${source}"]`)!;
const announced = () => [...document.querySelectorAll('[data-download-status]')].map((box) => box.textContent);

/** As far as a download that has begun. */
async function started(...args: Parameters<typeof renderApp>) {
  const app = renderApp(...args);
  await openPanel();
  lookUp(describe2b.source);
  fireEvent.click(await screen.findByRole('button', { name: 'Download 5.0 GB' }));
  await waitFor(() => expect(app.modelStore.downloads).toHaveLength(1));
  return { ...app, download: app.modelStore.downloads[0]! };
}

describe('the model of the visit before', () => {
  it('that cannot be opened is told with its reason, and can be tried again', async () => {
    let broken = true;
    localStorage.setItem('tama.last-model', JSON.stringify({ source: describe2b.source }));
    const { chat } = renderApp({
      load: async (source) => {
        if (broken && source !== '/demo.gguf') throw fault('model-incomplete');
      },
    });
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain(`${describe2b.source}, which you used last, could not be opened.`);
    expect(alert.textContent).toContain('What model-incomplete.Do this.');
    await waitFor(() => expect(chat.getState().model).toMatchObject({ phase: 'ready', source: { kind: 'demo' } }));
    broken = false;
    fireEvent.click(within(alert).getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(chat.getState().model).toMatchObject({ phase: 'ready', source: { kind: 'stored' } }));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('that cannot be opened need not be thought of any more', async () => {
    localStorage.setItem('tama.last-model', JSON.stringify({ source: describe2b.source }));
    renderApp({ load: async (source) => (source === '/demo.gguf' ? undefined : Promise.reject(fault('network'))) });
    fireEvent.click(await screen.findByRole('button', { name: 'Go on with the demo' }));
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('a model that is asked for', () => {
  it('is shown with its size and the memory it takes, before anything is downloaded', async () => {
    const { modelStore } = renderApp();
    await openPanel();
    lookUp('o/gemma-2-2b-it');
    const button = await screen.findByRole('button', { name: 'Download 5.0 GB' });
    const box = button.closest('.tama-look') as HTMLElement;
    expect(box.textContent).toContain('5.0 GB in 2 files');
    expect(box.textContent).toContain('5.63 GiB');
    expect(box.textContent).toContain('weights 5.00 GiB, cache 512 MiB, work 128 MiB');
    expect(within(box).getByRole('link', { name: 'Gemma Terms of Use' })).toBeTruthy();
    expect(modelStore.asked).toEqual([['hf:o/gemma-2-2b-it', { endpoint: 'https://huggingface.co' }]]);
    expect(modelStore.downloads).toEqual([]);
    fireEvent.click(within(box).getByRole('button', { name: 'Not now' }));
    expect(document.querySelector('.tama-look')).toBeNull();
  });

  it('has to be named in a way that can be read', async () => {
    const { modelStore } = renderApp();
    await openPanel();
    lookUp('nonsense here');
    expect(screen.getByRole('alert').textContent).toContain('names no model');
    expect(screen.getByRole('textbox', { name: 'Model' }).getAttribute('aria-invalid')).toBe('true');
    expect(modelStore.asked).toEqual([]);
  });

  it('that does not fit is told what would, and is planned anew for the memory that the reader names', async () => {
    const { modelStore, chat } = renderApp(
      {},
      {},
      {
        preview: async (budget) => {
          if (budget !== undefined && budget < preview2b.plan.totalBytes) throw fault('model-too-large');
          return preview2b;
        },
      },
    );
    await openPanel();
    lookUp(describe2b.source);
    const memory = await screen.findByRole('combobox', { name: 'Graphics memory of this device' });
    fireEvent.change(memory, { target: { value: '4' } });
    expect((await screen.findByRole('alert')).textContent).toBe('What model-too-large.Do this.');
    expect(screen.getByRole('button', { name: 'Download anyway' })).toBeTruthy();
    fireEvent.change(screen.getByRole('combobox', { name: 'Graphics memory of this device' }), {
      target: { value: '8' },
    });
    await screen.findByText('It fits into 8 GiB.');
    expect(modelStore.budgets).toEqual([undefined, 4 * 2 ** 30, 8 * 2 ** 30]);
    expect(chat.getState().model.phase).toBe('ready');
  });

  it('that fits when it is quantised is offered as any other, and loaded so when the reader says so', async () => {
    const proposal = { context: 8192, proposedContext: 4096, proposedWeights: 'q4' };
    const stored = storedAs(describe2b, whole);
    let attempts = 0;
    const { host, modelStore } = renderApp(
      {
        load: async (source) => {
          if (String(source).startsWith('stored:') && ++attempts === 1) throw fault('model-too-large', proposal);
        },
      },
      {},
      { stored: [stored], preview: () => Promise.reject(fault('model-too-large', proposal)) },
    );
    await openPanel();
    lookUp('hf:o/other');
    await screen.findByRole('button', { name: 'Download 5.0 GB' });
    expect(modelStore.downloads).toEqual([]);
    fireEvent.click(screen.getByRole('button', { name: 'Use gemma-2-2b-it' }));
    fireEvent.click(
      await screen.findByRole('button', { name: 'Load it quantised to 4 bits, with a context of 4096 tokens' }),
    );
    await waitFor(() => expect(host.sources).toHaveLength(3));
    expect(host.loadOptions.at(-1)).toMatchObject({ weights: 'q4', context: 4096 });
    // It is known from then on, and forgotten with the model.
    await openPanel();
    expect(entry().textContent).toContain('loaded quantised to 4 bits, with a context of 4096 tokens');
    expect(localStorage.getItem('tama.fits')).toContain('4096');
    fireEvent.click(screen.getByRole('button', { name: /^Delete gemma/ }));
    fireEvent.click(screen.getByRole('button', { name: /^Really delete/ }));
    await waitFor(() => expect(localStorage.getItem('tama.fits')).toBeNull());
  });

  it('is loaded with fewer bits where the reader chooses that before the download', async () => {
    const half = { ...preview2b.plan, weightBytes: 2 ** 30, totalBytes: 1.5 * 2 ** 30 };
    const quantised = { q8: { ...half, totalBytes: 3 * 2 ** 30 }, q4: half };
    const { host, modelStore } = renderApp({}, {}, { preview: async () => ({ ...preview2b, quantised }) });
    await openPanel();
    lookUp(describe2b.source);
    const choice = await screen.findByRole('combobox', { name: 'Load the weights' });
    fireEvent.change(choice, { target: { value: 'q4' } });
    expect(choice.closest('.tama-look')?.textContent).toContain('1.50 GiB');
    fireEvent.click(screen.getByRole('button', { name: 'Download 5.0 GB' }));
    await act(async () => modelStore.downloads[0]?.finish());
    fireEvent.click(await screen.findByRole('button', { name: 'Use gemma-2-2b-it' }));
    await waitFor(() => expect(host.loadOptions.at(-1)).toMatchObject({ weights: 'q4' }));
  });

  it('of a server without ranges cannot be looked into, and may be downloaded all the same', async () => {
    const { modelStore } = renderApp(
      {},
      {},
      {
        describe: async (reference) => ({
          source: reference,
          name: 'm.gguf',
          files: [{ path: 'm.gguf', url: reference }],
        }),
        preview: () => Promise.reject(fault('http-no-ranges')),
      },
    );
    await openPanel();
    lookUp('https://example.com/m.gguf');
    await screen.findByText(/sends this file only as a whole/);
    expect(screen.getByText('size not known beforehand')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Download' }));
    expect(modelStore.downloads[0]?.description.source).toBe('https://example.com/m.gguf');
  });

  it('that is no Gemma 2 is refused before gigabytes of it are here', async () => {
    let attempts = 0;
    renderApp(
      {},
      {},
      {
        preview: () => (++attempts === 1 ? Promise.reject(fault('not-gemma2')) : Promise.resolve(preview2b)),
      },
    );
    await openPanel();
    lookUp(describe2b.source);
    expect((await screen.findByRole('alert')).textContent).toContain('What not-gemma2.');
    expect(screen.queryByRole('button', { name: /^Download/ })).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByRole('button', { name: 'Download 5.0 GB' });
  });

  it('needs more space than there is: the reader learns how much', async () => {
    const disk = {
      estimate: async () => ({ usage: 1e9, quota: 4e9 }),
      persist: async () => false,
      persisted: async () => false,
    };
    renderApp({}, {}, {}, disk);
    await openPanel();
    lookUp(describe2b.source);
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('2.0 GB more than the 3.0 GB');
    expect(screen.getByRole('button', { name: 'Download anyway' })).toBeTruthy();
  });

  it('is chosen where a repository holds several', async () => {
    const { modelStore } = renderApp(
      {},
      {},
      {
        describe: (reference) =>
          reference.includes('.gguf')
            ? Promise.resolve({ ...describe2b, source: reference })
            : Promise.reject(
                fault('hub-model-ambiguous', { files: 'a-Q4.gguf, b/a-Q8.gguf', bytes: '1600000000, 2780000000' }),
              ),
      },
    );
    await openPanel();
    lookUp('hf:o/r@v1');
    const second = await screen.findByRole('button', { name: 'b/a-Q8.gguf' });
    const items = within(second.closest('ul')!).getAllByRole('listitem');
    expect(items.map(({ textContent }) => textContent)).toEqual(['a-Q4.gguf 1.6 GB', 'b/a-Q8.gguf 2.8 GB']);
    fireEvent.click(second);
    await screen.findByRole('button', { name: 'Download 5.0 GB' });
    expect(modelStore.asked.at(-1)?.[0]).toBe('hf:o/r/b/a-Q8.gguf@v1');
  });

  it('that is gated is explained, in Japanese too, and works with a token that is not kept', async () => {
    const { modelStore } = renderApp(
      {},
      { locale: 'ja' },
      {
        preview: async () => {
          if (!modelStore.asked.at(-1)?.[1].token) throw fault('http-status', { status: 401 });
          return preview2b;
        },
      },
    );
    await openPanel(/^モデル: /);
    fireEvent.click(screen.getByRole('button', { name: /Gemma 2 2B JPN/ }));
    expect((await screen.findByRole('alert')).textContent).toContain('何がhttp-status。こうする。');
    const page = screen.getByRole('link', { name: 'モデルのページ' });
    expect(page.getAttribute('href')).toBe('https://huggingface.co/google/gemma-2-2b-jpn-it');
    expect(page.getAttribute('rel')).toContain('noopener');
    fireEvent.change(screen.getByLabelText('アクセストークン'), { target: { value: 'hf_secret' } });
    fireEvent.click(screen.getByRole('button', { name: 'もう一度試す' }));
    await screen.findByRole('button', { name: 'ダウンロード（5.0 GB）' });
    expect(modelStore.asked.at(-1)?.[1]).toEqual({ endpoint: 'https://huggingface.co', token: 'hf_secret' });
    expect(JSON.stringify({ ...localStorage })).not.toContain('hf_secret');
    fireEvent.click(screen.getByRole('checkbox', { name: /保存する/ }));
    expect(localStorage.getItem('tama.hub')).toContain('hf_secret');
  });
});

describe('a download', () => {
  it('shows bytes, rate, time and phase, can be paused, resumed, and used when it is whole', async () => {
    const { download, host } = await started();
    act(() => download.progress({ bytes: 1e9, bytesPerSecond: 1.25e7, etaSeconds: 320 }));
    expect(entry().textContent).toContain('1.0 GB of 5.0 GB');
    expect(entry().textContent).toContain('12.5 MB/s');
    expect(entry().textContent).toContain('5 min left');
    const bar = within(entry()).getByRole('progressbar', { name: 'gemma-2-2b-it' });
    expect(bar.getAttribute('aria-valuetext')).toBe('Downloading, 1.0 GB of 5.0 GB');

    fireEvent.click(screen.getByRole('button', { name: 'Pause the download of gemma-2-2b-it' }));
    expect(entry().dataset.state).toBe('paused');
    fireEvent.click(screen.getByRole('button', { name: 'Resume the download of gemma-2-2b-it' }));
    expect(download.commands).toEqual(['pause', 'resume']);
    act(() => download.progress({ phase: 'verify', bytes: 2e9 }));
    expect(entry().textContent).toContain('Checking that every byte is right');

    await act(async () => download.finish());
    fireEvent.click(await screen.findByRole('button', { name: 'Use gemma-2-2b-it' }));
    await waitFor(() => expect(host.sources.at(-1)).toBe(`stored:${describe2b.source}`));
  });

  it('is one line on the page while its panel is closed, and offers the model when it has arrived', async () => {
    const { download, host } = await started();
    act(() => download.progress({ bytes: whole / 2 }));
    fireEvent.click(screen.getByRole('button', { name: 'Close' }));
    await screen.findByText('Downloading gemma-2-2b-it: 50%');
    await act(async () => download.finish());
    const notice = (await screen.findByText('gemma-2-2b-it is on this device now.')).parentElement as HTMLElement;
    fireEvent.click(within(notice).getByRole('button', { name: 'Use' }));
    await waitFor(() => expect(host.sources.at(-1)).toBe(`stored:${describe2b.source}`));
    expect(screen.queryByText('gemma-2-2b-it is on this device now.')).toBeNull();
  });

  it('is told to screen readers in quarters, from within the dialog', async () => {
    const { download } = await started();
    const heard: string[] = [];
    for (let percent = 0; percent <= 100; percent++) {
      act(() => download.progress({ bytes: (whole * percent) / 100 }));
      const [text = '', ...more] = announced();
      expect(more).toEqual([]);
      if (text !== heard.at(-1)) heard.push(text);
    }
    expect(heard).toEqual([
      'Downloading gemma-2-2b-it',
      ...[25, 50, 75, 100].map((percent) => `gemma-2-2b-it: ${percent}% downloaded`),
    ]);
    expect(document.querySelector('[data-download-status]')?.closest('dialog')).toBeTruthy();
  });

  it('that fails keeps what has arrived, says why in the language of the reader, and goes on when it is told to', async () => {
    const { download, modelStore, settings } = await started();
    act(() => settings.change({ locale: 'ja' }));
    await act(async () => download.fail(fault('storage-full')));
    await waitFor(() => expect(entry().textContent).toContain('何がstorage-full。こうする。'));
    expect(entry().textContent).toContain('5.0 GB中1.0 GB');
    fireEvent.click(screen.getByRole('button', { name: 'gemma-2-2b-itのダウンロードを再開' }));
    expect(modelStore.downloads).toHaveLength(2);
    expect(within(entry()).queryByRole('alert')).toBeNull();
  });

  it('that lost the network goes on by itself when that is back', async () => {
    const { download, modelStore } = await started();
    await act(async () => download.fail(fault('network')));
    await within(entry()).findByRole('alert');
    act(() => void window.dispatchEvent(new Event('online')));
    expect(modelStore.downloads).toHaveLength(2);
  });

  it('is cancelled by two presses, and then nothing is left to tell', async () => {
    const { download } = await started();
    fireEvent.click(screen.getByRole('button', { name: 'Cancel the download of gemma-2-2b-it' }));
    expect(download.commands).toEqual([]);
    fireEvent.click(screen.getByRole('button', { name: 'Really cancel? What has arrived is deleted' }));
    expect(download.commands).toEqual(['cancel']);
    await act(async () => download.fail(fault('download-cancelled')));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('asks the browser to keep the files, on the click that starts it', async () => {
    const persist = vi.fn(async () => true);
    const disk = { estimate: async () => ({ usage: 0, quota: 1e11 }), persist, persisted: async () => false };
    renderApp({}, {}, {}, disk);
    await openPanel();
    lookUp(describe2b.source);
    const button = await screen.findByRole('button', { name: 'Download 5.0 GB' });
    expect(persist).not.toHaveBeenCalled();
    fireEvent.click(button);
    expect(persist).toHaveBeenCalledOnce();
  });
});

describe('models on this device', () => {
  const interrupted = storedAs(describe2b, 1e9);
  const other: StoredModel = { ...storedAs(describe2b, whole), source: 'https://example.com/m.gguf', name: 'm.gguf' };

  it('are listed with size and commit; an interrupted one is offered to go on, from what it was pinned to', async () => {
    const { modelStore } = renderApp({}, {}, { stored: [interrupted, other] });
    await openPanel();
    await waitFor(() => expect(entry(other.source).textContent).toContain('5.0 GB'));
    expect(entry().textContent).toContain('commit 0123456');
    expect(entry().textContent).toContain('1.0 GB of 5.0 GB');
    fireEvent.click(screen.getByRole('button', { name: 'Resume the download of gemma-2-2b-it' }));
    expect(modelStore.downloads[0]?.description).toEqual(interrupted);
  });

  it('that another tab is downloading are followed here', async () => {
    const { modelStore } = renderApp({}, {}, { stored: [{ ...interrupted, active: true }] });
    await waitFor(() => expect(modelStore.downloads).toHaveLength(1));
    act(() => modelStore.downloads[0]?.progress({ bytes: 3e9 }));
    await openPanel();
    expect(entry().dataset.state).toBe('download');
    expect(entry().textContent).toContain('3.0 GB of 5.0 GB');
  });

  it('are deleted by two presses, and the focus stays near', async () => {
    const { modelStore } = renderApp({}, {}, { stored: [other] });
    await openPanel();
    const remove = await screen.findByRole('button', { name: 'Delete m.gguf from this device' });
    fireEvent.click(remove);
    fireEvent.blur(remove);
    fireEvent.click(remove);
    expect(modelStore.removed).toEqual([]);
    fireEvent.click(screen.getByRole('button', { name: 'Really delete 5.0 GB?' }));
    await waitFor(() => expect(entry(other.source)).toBeNull());
    expect(modelStore.removed).toEqual([other.source]);
    expect(document.activeElement?.textContent).toBe('On this device');
  });

  it('cannot be kept in this browser: it says so', async () => {
    renderApp({}, { locale: 'ja' }, { list: () => Promise.reject(fault('store-unavailable')) });
    await openPanel(/^モデル: /);
    expect((await screen.findByRole('alert')).textContent).toContain('何がstore-unavailable。');
  });
});
