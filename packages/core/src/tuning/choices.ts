import { type CompileOptions, type GpuContext, type KernelSpec, renderKernel } from '@tama/kernels-wgsl';
import type { Constants } from './measure-variants.ts';
import type { TuningStore } from './tuning-store.ts';

/** What was chosen, by adapter, kernel text and shape. */
export type Choices = Readonly<Record<string, Constants>>;

/** The same for as long as the same code runs on the same adapter and driver. */
export async function choiceKey<P, B extends string>(
  { info, features }: GpuContext,
  spec: KernelSpec<P, B>,
  options: CompileOptions,
  shape: string,
): Promise<string> {
  const { vendor, architecture, device, description } = info;
  const text = JSON.stringify([vendor, architecture, device, description, features, renderKernel(spec, options)]);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `${shape} ${Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What the store holds; nothing where it fails or holds something else. */
export async function readChoices(store: TuningStore | undefined): Promise<Choices> {
  const value = await store?.read().catch(() => undefined);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Choices) : {};
}

/** Whether they were kept. */
export async function writeChoices(store: TuningStore | undefined, choices: Choices): Promise<boolean> {
  if (!store) return false;
  return store.write(choices).then(
    () => true,
    () => false,
  );
}
