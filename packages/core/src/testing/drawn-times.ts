import { vi } from 'vitest';
import { PassTimer } from '../tuning/pass-timer.ts';
import { seededRandom } from './random.ts';

/**
 * Lets tuning take every run for one of three milliseconds or four, the same ones in every test: how far it comes with its
 * budget, and what it chooses, does not depend on what else the machine does. Results are computed and compared as ever.
 */
export function drawTimes(): void {
  const random = seededRandom(1);
  vi.spyOn(PassTimer.prototype, 'time').mockImplementation(async () => 3 + random());
}
