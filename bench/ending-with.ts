import { isTamaError } from '@tama/errors';
import { UsageError } from './usage.ts';

/**
 * Measures, or tells the usage where that is asked for, and ends the process: a wrong option with exit code 2, another
 * error that has an explanation with 1.
 */
export async function endingWith(measure: () => Promise<void>, usage: string): Promise<never> {
  if (process.argv.includes('--help')) {
    process.stdout.write(usage);
    process.exit();
  }
  try {
    await measure();
  } catch (error) {
    if (!(error instanceof UsageError || isTamaError(error))) throw error;
    console.error(`bench: ${error.message}`);
    process.exit(error instanceof UsageError || isTamaError(error, 'no-adapter') ? 2 : 1);
  }
  process.exit();
}
