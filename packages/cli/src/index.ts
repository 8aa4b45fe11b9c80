export type { Dependencies, EngineOptions } from './dependencies.ts';
export type { ExitCode } from './exit-codes.ts';
export { exitCodes } from './exit-codes.ts';
export type { Inspection } from './inspection.ts';
export type { Io } from './io.ts';
export { run } from './run.ts';
