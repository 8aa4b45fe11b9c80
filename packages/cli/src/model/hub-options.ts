import type { HubOptions } from '@tama/core';
import { defined } from '../defined.ts';

/** Which hub and with which token, by the variables that the hub's own tools read. */
export const hubFromEnvironment = ({
  HF_ENDPOINT,
  HF_TOKEN,
}: Readonly<Record<string, string | undefined>>): HubOptions =>
  defined({ endpoint: HF_ENDPOINT || undefined, token: HF_TOKEN || undefined });
