#!/usr/bin/env node
import { flushed, processIo } from './io.ts';
import { nodeDependencies } from './node-dependencies.ts';
import { run } from './run.ts';

const exitCode = await run(process.argv.slice(2), processIo(), nodeDependencies);
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// Dawn's live objects and an open stdin would keep the process.
process.exit(exitCode);
