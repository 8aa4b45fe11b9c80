import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a runner is asked for: the most likely `decode` tokens after a prompt, of which nothing is cached. */
export type Request = { readonly tokens: readonly number[]; readonly decode: number };

/** Until the first token, and from there to the last; CPU time is of all threads of its process. */
export type Answer = {
  readonly prefillMs: number;
  readonly prefillCpuMs: number;
  readonly decodeMs: number;
  readonly decodeCpuMs: number;
};

/** A program that runs a model, in a process of its own. */
export type Runner = {
  readonly name: string;
  generate(request: Request): Promise<Answer>;
  close(): Promise<void>;
};

/** Starts `script` and waits until it has loaded its model. */
export async function startRunner(
  name: string,
  script: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Runner> {
  const child = fork(script, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaints = '';
  child.stderr?.on('data', (text) => {
    complaints = `${complaints}${text}`.slice(-2000);
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code}: ${complaints}`);
  });
  ended.catch(() => {});
  const answer = async (): Promise<unknown> => (await Promise.race([once(child, 'message'), ended]))[0];
  await answer();
  return {
    name,
    async generate(request) {
      const answered = answer();
      child.send(request);
      return (await answered) as Answer;
    },
    async close() {
      child.disconnect();
      await ended.catch(() => {});
    },
  };
}

/** The other side: answers requests until nobody can ask any more. `generate` calls `onToken` at every token. */
export function serve(generate: (request: Request, onToken: () => void) => Promise<void>): void {
  process.on('message', async (request: Request) => {
    const now = () => {
      const { user, system } = process.cpuUsage();
      return { wall: performance.now(), cpu: (user + system) / 1000 };
    };
    const began = now();
    let first: typeof began | undefined;
    let last = began;
    await generate(request, () => {
      last = now();
      first ??= last;
    });
    first ??= last;
    const answer: Answer = {
      prefillMs: first.wall - began.wall,
      prefillCpuMs: first.cpu - began.cpu,
      decodeMs: last.wall - first.wall,
      decodeCpuMs: last.cpu - first.cpu,
    };
    process.send?.(answer);
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}
