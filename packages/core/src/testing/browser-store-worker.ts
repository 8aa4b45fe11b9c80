import { calls } from './browser-store.ts';

type Call = { readonly id: number; readonly name: keyof typeof calls; readonly args: readonly never[] };

addEventListener('message', async ({ data: { id, name, args } }: MessageEvent<Call>) => {
  try {
    const call = calls[name] as (...args: readonly never[]) => Promise<unknown>;
    postMessage({ id, answer: await call(...args) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
