import { type CompileOptions, type GpuContext, type KernelSpec, renderKernel } from '@tama/kernels-wgsl';
import type { Constants } from './measure-runs.ts';
import type { TuningStore } from './tuning-store.ts';

/** What was chosen, by adapter, kernel text and shape. */
export type Choices = Readonly<Record<string, Constants>>;

/** Of the shaders that a choice is between. The same for as long as the same code runs on the same adapter and driver. */
export async function choiceKey(
  { info, features }: Pick<GpuContext, 'info' | 'features'>,
  shaders: readonly (readonly [KernelSpec<never, never>, CompileOptions])[],
  shape: string,
): Promise<string> {
  const { vendor, architecture, device, description } = info;
  const texts = shaders.map(([spec, options]) => renderKernel(spec, options));
  const text = JSON.stringify([vendor, architecture, device, description, features, ...texts]);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `${shape} ${Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What the store holds; nothing where it fails or holds something else. */
export async function readChoices(store: TuningStore | undefined): Promise<Choices> {
  const value = await store?.read().catch(() => undefined);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Choices) : {};
}

/**
 * Adds to what the store holds by then, and gives all of it. Where another load has made a choice since `known` was read,
 * that one stays. Undefined where they could not be kept.
 */
export async function keepChoices(
  store: TuningStore | undefined,
  known: Choices,
  fresh: Choices,
): Promise<Choices | undefined> {
  if (!store) return undefined;
  const add = async () => {
    const now = await readChoices(store);
    const since = Object.entries(now).filter(([key]) => !(key in known));
    const all = { ...now, ...fresh, ...Object.fromEntries(since) };
    await store.write(all);
    return all;
  };
  return (store.exclusive?.(add) ?? add()).catch(() => undefined);
}
