import type { LoadOptions, Tuned } from '@tama/core';
import { describe, expect, it } from 'vitest';
import { FakeEngine, tama } from '../testing/harness.ts';

const tuned: readonly Tuned[] = [
  {
    kernel: 'matvec',
    encoding: 'q4_0',
    rows: 64,
    columns: 32,
    constants: { WORKGROUP: 64, ROWS: 8 },
    variants: [
      { constants: { WORKGROUP: 128, ROWS: 8 }, milliseconds: 0.5 },
      { constants: { WORKGROUP: 64, ROWS: 8 }, milliseconds: 0.25 },
    ],
  },
  {
    kernel: 'prefill chunk',
    constants: { ROWS: 256 },
    variants: [
      { constants: { ROWS: 128 }, milliseconds: 0.125 },
      { constants: { ROWS: 256 }, milliseconds: 0.0625 },
    ],
  },
];

describe('tama tune', () => {
  it('measures anew, and prints the variants with the chosen one marked', async () => {
    let asked: LoadOptions | undefined;
    const { exitCode, stdout } = await tama(['tune', 'm'], {
      engine: new FakeEngine({ tuned }),
      onLoad: (_, options) => {
        asked = options;
      },
    });
    expect(asked?.tuning).toBe('now');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      'matvec q4_0 [64, 32]\n  0.5000 ms  WORKGROUP 128, ROWS 8\n* 0.2500 ms  WORKGROUP 64, ROWS 8\n' +
        'prefill chunk\n  0.1250 ms  ROWS 128\n* 0.0625 ms  ROWS 256\n',
    );
  });

  it('prints JSON', async () => {
    const { stdout } = await tama(['tune', 'm', '--json'], { engine: new FakeEngine({ tuned }) });
    expect(JSON.parse(stdout)).toEqual(tuned);
  });

  it('says when nothing was measured', async () => {
    const { exitCode, stdout, stderr } = await tama(['tune', 'm']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('defaults');
  });

  it('is left to its default, or as asked, by every other command', async () => {
    const asked: LoadOptions[] = [];
    const onLoad = (_: string, options: LoadOptions) => void asked.push(options);
    await tama(['run', 'm', 'x'], { onLoad });
    await tama(['run', 'm', 'x', '--tuning', 'off'], { onLoad });
    expect(asked.map(({ tuning }) => tuning)).toEqual([undefined, 'off']);
  });
});
