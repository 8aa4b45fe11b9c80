import type { Engine } from '@tama/core';
import { defineCommand } from '../command.ts';
import { flag, type Positions, positions, tokenIds } from '../command-line/option.ts';
import { NonFiniteLogitsError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { type Io, print } from '../io.ts';
import { engineOptions } from '../model/engine-options.ts';
import { modelArgument } from '../model/model-argument.ts';
import { withEngine } from '../model/with-engine.ts';
import { MissingArgumentError, OptionValueError } from '../usage-errors.ts';

export const logits = defineCommand({
  name: 'logits',
  summary: {
    en: 'Show what the model predicts after given tokens',
    ja: 'トークン列に続く予測（ロジット）を表示します',
  },
  details: {
    en: 'The logits are those after the final soft-cap, one for every token of the vocabulary. The ids are fed exactly\nas given: put bos (2) in front yourself. No tokenizer is needed beside the weights. Without --json the five\nmost likely tokens of each position are shown.',
    ja: '最終ソフトキャップ後のロジットを、語彙の全トークンについて計算します。トークンIDは指定どおりに与えられる\nため、bos（2）は自分で先頭に付けてください。トークナイザーは不要です。--json を付けないと、各位置で最も確率の\n高い5つのトークンを表示します。',
  },
  arguments: { model: modelArgument },
  options: {
    tokens: tokenIds({ en: 'the ids to feed (required)', ja: '与えるトークンID列（必須）' }),
    positions: positions({
      en: 'where to look: all, last, or positions counted from 0 (default last)',
      ja: '表示する位置。all、last、または0から数えた位置（既定は last）',
    }),
    json: flag({
      en: 'print {"positions": [...], "logits": [[...], ...]}',
      ja: '{"positions": [...], "logits": [[...], ...]} の形で出力します',
    }),
    ...engineOptions,
  },
  examples: [
    {
      line: 'tama logits demo --tokens 2,5,1275,7',
      explanation: { en: 'The likeliest next tokens', ja: '次に来そうなトークン' },
    },
    {
      line: 'tama logits model.gguf --tokens 2,5,7 --positions all --json --device f32 --embedding-scale exact',
      explanation: { en: 'Numbers to compare with a reference', ja: '参照実装と比べるための数値' },
    },
    {
      line: 'tama logits demo --tokens "2 $(tama tokenize --model demo \'Hello\')"',
      explanation: { en: 'After a text', ja: '文章の続き' },
    },
  ],
  async run(context, { model }, options) {
    const { tokens } = options;
    if (!tokens) throw new MissingArgumentError('logits', { en: '`--tokens IDS`', ja: ' `--tokens IDS` ' });
    const wanted = toPositions(options.positions ?? 'last', tokens.length);
    const printRows = options.json ? printJson : printLikeliest;
    return withEngine(context, model, options, async (engine) => {
      await printRows(context.io, wanted, rows(engine, tokens, wanted, context.io.signal));
      return exitCodes.success;
    });
  },
});

function toPositions(wanted: Positions, length: number): readonly number[] {
  if (wanted === 'last') return [length - 1];
  if (wanted === 'all') return Array.from({ length }, (_, position) => position);
  const outside = wanted.find((position) => position >= length);
  if (outside === undefined) return wanted;
  throw new OptionValueError('logits', '--positions', String(outside), {
    en: `all, last, or positions from 0 to ${length - 1}, as there are ${length} tokens`,
    ja: `all、last、または0から${length - 1}までの位置（トークンは${length}個）`,
  });
}

type Row = { readonly position: number; readonly logits: Float32Array };

/** Of a 256,000-token vocabulary, rows of a long text exceed the memory: so many bytes of them are held at a time. */
const bytesAtOnce = 128 * 2 ** 20;

async function* rows(
  engine: Engine,
  tokens: readonly number[],
  wanted: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<Row> {
  const count = Math.max(1, Math.floor(bytesAtOnce / (4 * engine.info.config.vocabularySize)));
  for (let start = 0; start < wanted.length; start += count) {
    const part = wanted.slice(start, start + count);
    const found = await engine.logits(tokens.slice(0, Math.max(...part) + 1), part);
    signal.throwIfAborted();
    for (const [index, position] of part.entries()) {
      const row = found[index]!;
      const token = row.findIndex((logit) => !Number.isFinite(logit));
      if (token >= 0) throw new NonFiniteLogitsError(position, token);
      yield { position, logits: row };
    }
  }
}

/** One JSON object on one line, written row by row: as a whole it can exceed the longest string. */
async function printJson(io: Io, wanted: readonly number[], rows: AsyncIterable<Row>): Promise<void> {
  let before = `{"positions":${JSON.stringify(wanted)},"logits":[`;
  for await (const { logits } of rows) {
    await print(io, `${before}[${Array.from(logits, shortest).join(',')}]`);
    before = ',';
  }
  await print(io, ']}\n');
}

/** Nine significant digits tell every float32 from its neighbours. */
const shortest = (value: number) => Number(value.toPrecision(9));

async function printLikeliest(io: Io, _: readonly number[], rows: AsyncIterable<Row>): Promise<void> {
  for await (const { position, logits } of rows) {
    const best = likeliest(logits, 5).map((id) => `${id} ${logits[id]!.toFixed(3)}`);
    await print(io, `${position}: ${best.join('  ')}\n`);
  }
}

/** Ids of the largest logits, in falling order; the smaller id first where they are equal. */
function likeliest(logits: Float32Array, count: number): readonly number[] {
  const best: number[] = [];
  for (const [id, logit] of logits.entries()) {
    if (best.length === count && logit <= logits[best.at(-1)!]!) continue;
    const place = best.findIndex((other) => logit > logits[other]!);
    best.splice(place < 0 ? best.length : place, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
