import { TamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import type { EngineOptions } from '../dependencies.ts';
import { InterruptedError, OutputClosedError } from '../errors.ts';
import { FakeEngine, tama } from '../testing/harness.ts';

const asked = async (...argv: string[]) => {
  const engine = new FakeEngine();
  const outcome = await tama(['run', ...argv], { engine });
  expect(outcome.stderr).not.toContain('tama:');
  expect(outcome.exitCode).toBe(0);
  return engine.asked[0]!;
};

describe('tama run', () => {
  it('streams the answer to stdout and ends it with a newline', async () => {
    const engine = new FakeEngine();
    expect(await tama(['run', 'model.gguf', 'green tea'], { engine })).toEqual({
      exitCode: 0,
      stdout: 'green tea\n',
      stderr: '',
    });
    expect(engine.closed).toBe(true);
  });

  it('prints ids, text and finishReason as JSON', async () => {
    const whole = await tama(['run', 'model.gguf', 'green tea', '--json']);
    expect(whole.stdout).toBe('{"ids":[10,11],"text":"green tea","finishReason":"stop"}\n');
    const cut = await tama(['run', 'model.gguf', 'green tea', '--json', '--max-tokens', '1']);
    expect(JSON.parse(cut.stdout)).toEqual({ ids: [10], text: 'green', finishReason: 'length' });
  });

  it('puts the prompt into a turn, or feeds it raw, or feeds ids', async () => {
    expect((await asked('m', 'Hi')).prompt).toEqual({ messages: [{ role: 'user', content: 'Hi' }] });
    expect((await asked('m', 'Hi', '--system', 'Be brief.')).prompt).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    });
    expect((await asked('m', 'Hi', '--raw')).prompt).toBe('Hi');
    expect((await asked('m', '--tokens', '2,5,7')).prompt).toEqual({ tokens: [2, 5, 7] });
  });

  it('reads the prompt from stdin at -', async () => {
    const engine = new FakeEngine();
    await tama(['run', 'm', '-', '--raw'], { engine, stdin: 'お茶\n' });
    expect(engine.asked[0]!.prompt).toBe('お茶\n');
  });

  it('is greedy unless something asks for sampling', async () => {
    expect((await asked('m', 'Hi')).options.temperature).toBe(0);
    expect((await asked('m', 'Hi', '--greedy')).options.temperature).toBe(0);
    expect((await asked('m', 'Hi', '--top-k', '40', '--seed', '7')).options).toMatchObject({
      temperature: 1,
      topK: 40,
      seed: 7,
    });
    expect((await asked('m', 'Hi', '--temperature', '0.7', '--top-p', '.9')).options).toMatchObject({
      temperature: 0.7,
      topP: 0.9,
    });
  });

  it('samples where min-p asks for it, but not for penalties and biases', async () => {
    expect((await asked('m', 'Hi', '--min-p', '0.05')).options).toMatchObject({ temperature: 1, minP: 0.05 });
    const adjusted = ['--repetition-penalty', '1.1', '--presence-penalty', '-0.5', '--frequency-penalty', '.25'];
    const { options } = await asked('m', 'Hi', '--greedy', ...adjusted, '--logit-bias', '5=-2,107=-inf');
    expect(options).toMatchObject({
      temperature: 0,
      repetitionPenalty: 1.1,
      presencePenalty: -0.5,
      frequencyPenalty: 0.25,
      logitBias: new Map([
        [5, -2],
        [107, Number.NEGATIVE_INFINITY],
      ]),
    });
    expect((await asked('m', 'Hi', ...adjusted, '--seed', '7')).options).toMatchObject({
      temperature: 1,
      repetitionPenalty: 1.1,
    });
  });

  it('passes limits on', async () => {
    const { options } = await asked('m', 'Hi', '--max-tokens', '1', '--ignore-eos');
    expect(options).toMatchObject({ maxTokens: 1, ignoreEos: true });
    expect((await asked('m', 'Hi')).options).not.toHaveProperty('maxTokens');
  });

  it('passes the options of the engine on', async () => {
    let loaded: { model: string; options: EngineOptions } | undefined;
    const argv = [
      'run',
      'm.gguf',
      'Hi',
      '--device',
      'f32',
      '--adapter',
      'llvmpipe',
      '--weights',
      'q4',
      '--embedding-scale',
      'exact',
      '--context',
      '128',
    ];
    await tama(argv, {
      onLoad: (model, options) => {
        loaded = { model, options };
      },
    });
    expect(loaded!.model).toBe('m.gguf');
    expect(loaded!.options).toMatchObject({
      device: 'f32',
      adapter: 'llvmpipe',
      weights: 'q4',
      embeddingScale: 'exact',
      context: 128,
    });
  });

  it.each([
    [['m', 'Hi', '--tokens', '1'], '`--tokens` and PROMPT exclude each other'],
    [['m', '--tokens', '1', '--raw'], '`--tokens` and `--raw` exclude each other'],
    [['m', 'Hi', '--raw', '--system', 'x'], '`--raw` and `--system` exclude each other'],
    [['m', 'Hi', '--speculation', 'prompt-lookup', '--draft', 'd'], '`--speculation` and `--draft` exclude each other'],
    [['m', 'Hi', '--logprobs', '21'], 'a whole number from 0 to 20'],
    [['m', 'Hi', '--greedy', '--top-k', '4'], '`--greedy` and `--top-k` exclude each other'],
    [['m', 'Hi', '--greedy', '--min-p', '0.1'], '`--greedy` and `--min-p` exclude each other'],
    [['m', 'Hi', '--repetition-penalty', '0'], 'a number from 0.001 to 1000'],
    [['m', 'Hi', '--logit-bias', 'tea=1'], 'pairs ID=X'],
    [['m'], 'needs a PROMPT'],
    [[], 'needs MODEL'],
    [['m', 'Hi', 'there'], "does not know what to do with 'there'"],
  ])('refuses %j as wrong usage before anything is loaded', async (argv, message) => {
    let loads = 0;
    const { exitCode, stdout, stderr } = await tama(['run', ...argv], { onLoad: () => loads++ });
    expect({ exitCode, stdout, loads }).toEqual({ exitCode: 2, stdout: '', loads: 0 });
    expect(stderr).toContain(message);
  });

  it('tells log-probabilities, a line a token', async () => {
    const { stdout } = await tama(['run', 'm', 'green tea', '--logprobs', '2']);
    expect(stdout).toBe('10 -0.500 "green": 9 0.000  10 -0.500\n11 -0.500 " tea": 10 0.000  11 -0.500\n');
    expect((await tama(['run', 'm', 'tea', '--logprobs', '0'])).stdout).toBe('10 -0.500 "tea"\n');
  });

  it('tells log-probabilities as JSON', async () => {
    const { stdout } = await tama(['run', 'm', 'green tea', '--logprobs', '1', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      ids: [10, 11],
      text: 'green tea',
      finishReason: 'stop',
      logprobs: [
        { id: 10, logprob: -0.5, text: 'green', top: [{ id: 9, logprob: 0 }] },
        { id: 11, logprob: -0.5, text: ' tea', top: [{ id: 10, logprob: 0 }] },
      ],
    });
  });

  it('guesses from earlier text, and tells how often that was right', async () => {
    const argv = ['run', 'm', 'green tea', '--speculation', 'prompt-lookup'];
    expect((await asked(...argv.slice(1))).options.speculation).toBe('prompt-lookup');
    expect(JSON.parse((await tama([...argv, '--json'])).stdout)).toMatchObject({
      text: 'green tea',
      speculation: { drafted: 8, accepted: 2 },
    });
    expect((await tama([...argv, '--verbose'])).stderr).toContain('8 guessed, 2 of them right');
    expect((await tama(['run', 'm', 'green tea', '--verbose'])).stderr).not.toContain('guessed');
    const japanese = await tama([...argv, '--verbose'], { env: { LANG: 'ja_JP.UTF-8' } });
    expect(japanese.stderr).toMatch(/秒で準備完了\n(.*\n)*入力\d+トークン.*生成\d+.*予測8のうち的中2\n$/);
    expect(japanese.stderr).not.toMatch(/ready after|generated/);
  });

  it('guesses with a smaller model, loaded the same way but for its weights', async () => {
    const engines = { m: new FakeEngine(), small: new FakeEngine() };
    const loaded: Record<string, EngineOptions> = {};
    const argv = ['run', 'm', 'green tea', '--draft', 'small', '--device', 'f32', '--weights', 'q4'];
    const { stdout } = await tama(argv, {
      engine: (model) => engines[model as keyof typeof engines],
      onLoad: (model, options) => {
        loaded[model] = options;
      },
    });
    expect(stdout).toBe('green tea\n');
    expect(engines.m.asked[0]!.options.speculation).toEqual({ draft: engines.small });
    expect(loaded).toMatchObject({ m: { device: 'f32', weights: 'q4', speculation: true }, small: { device: 'f32' } });
    expect(loaded.small).not.toHaveProperty('weights');
    expect(loaded.small).not.toHaveProperty('speculation');
    expect([engines.m.closed, engines.small.closed]).toEqual([true, true]);
  });

  it('says on stderr that the demo model is a demo', async () => {
    const { stdout, stderr } = await tama(['run', 'demo', 'Hi']);
    expect(stderr).toContain("not Google's Gemma 2");
    expect(stdout).toBe('Hi\n');
    expect((await tama(['run', 'x.gguf', 'Hi'], { engine: new FakeEngine({ name: 'Tama demo' }) })).stderr).toContain(
      'demo',
    );
  });

  it('closes the engine and explains when generation fails', async () => {
    const engine = new FakeEngine();
    engine.beforeToken = (index) => {
      const texts = { what: 'The GPU went away.', remedy: 'Come back.' };
      if (index === 1) throw new TamaError('device-lost', { en: texts, ja: texts });
    };
    expect(await tama(['run', 'm', 'green tea'], { engine })).toEqual({
      exitCode: 1,
      stdout: 'green\n',
      stderr: 'tama: The GPU went away.\nCome back.\n',
    });
    expect(engine.closed).toBe(true);
  });

  it('keeps what it has at Ctrl-C and exits with 130', async () => {
    const stop = new AbortController();
    const engine = new FakeEngine();
    engine.beforeToken = (index) => {
      if (index === 1) stop.abort(new InterruptedError());
    };
    expect(await tama(['run', 'm', 'green tea', '--json'], { engine, stop })).toEqual({
      exitCode: 130,
      stdout: '{"ids":[10],"text":"green","finishReason":"abort"}\n',
      stderr: '',
    });
    expect(engine.closed).toBe(true);
  });

  it('ends quietly and without failure when the reader has gone', async () => {
    const stop = new AbortController();
    const engine = new FakeEngine();
    engine.beforeToken = () => stop.abort(new OutputClosedError());
    expect(await tama(['run', 'm', 'green tea'], { engine, stop })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(engine.closed).toBe(true);
  });

  it('shows progress on a terminal, and elsewhere only when asked', async () => {
    expect((await tama(['run', 'm', 'Hi'])).stderr).toBe('');
    expect((await tama(['run', 'm', 'Hi', '--verbose'])).stderr).toContain('Loading the weights 50%\n');
    const terminal = await tama(['run', 'm', 'Hi'], { terminal: true });
    expect(terminal.stderr).toContain('\r\x1b[KLoading the weights 50%');
    expect(terminal.stderr.endsWith('\r\x1b[K')).toBe(true);
    expect(terminal.stdout).toBe('Hi\n');
  });

  it('waits for a slow reader', async () => {
    const long = 'word '.repeat(20_000).trim();
    expect((await tama(['run', 'm', long])).stdout).toBe(`${long}\n`);
  });
});
