import type { Fit } from '../engine-host.ts';
import type { Messages } from './messages.ts';

/** How a model is loaded that is too large as it is. */
export function fitText({ weights, context }: Fit, { problem }: Messages): string {
  const parts = [weights ? problem.fit[weights] : undefined, context ? problem.fitContext(String(context)) : undefined];
  return parts.filter((part) => part !== undefined).join(problem.fitAnd);
}
