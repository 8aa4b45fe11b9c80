/** What a script sees: done, a failure that was explained, wrong usage, stopped by Ctrl-C (128 + SIGINT). */
export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
