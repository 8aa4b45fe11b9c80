/// <reference types="node" />
// Encoding beside @huggingface/tokenizers, with Gemma's vocabulary, on the same texts in the same run:
//   node --conditions=@tama/source packages/tokenizer/bench/tokenizer.bench.ts
// Prints a table and appends a line to bench/results/tokenizer.jsonl.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { Tokenizer, vocabularyFromHuggingFace, vocabularyFromSentencePiece } from '../src/index.ts';
import { readGemmaTokenizerJson } from '../src/testing/fixtures.ts';
import { gemmaModelProto } from '../src/testing/model-proto-writer.ts';
import { text } from './texts.ts';

const results = new URL('../../../bench/results/', import.meta.url);
const peerVersion: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.resolve('@huggingface/tokenizers')), 'utf8'),
).version;

// CPU time of this thread: other work on the machine does not lengthen it. Its clock ticks every few milliseconds, so a
// run is repeated until it has taken many ticks.
const ENOUGH_MS = 200;

/** Milliseconds that one run takes on average. */
function milliseconds(run: () => void): number {
  const start = process.threadCpuUsage();
  for (let runs = 1; ; runs++) {
    run();
    const { user, system } = process.threadCpuUsage(start);
    const elapsed = (user + system) / 1000;
    if (elapsed >= ENOUGH_MS) return Number((elapsed / runs).toPrecision(3));
  }
}

const tokenizerJson = readGemmaTokenizerJson();
const modelProto = gemmaModelProto(vocabularyFromHuggingFace(tokenizerJson));
const vocabulary = vocabularyFromSentencePiece(modelProto);
const tokenizer = new Tokenizer(vocabulary);
const peerOf = () => new HuggingFaceTokenizer(JSON.parse(new TextDecoder().decode(tokenizerJson)), {});
const peer = peerOf();

const loadMs = {
  'tokenizer.model': milliseconds(() => new Tokenizer(vocabularyFromSentencePiece(modelProto))),
  'tokenizer.json': milliseconds(() => new Tokenizer(vocabularyFromHuggingFace(tokenizerJson))),
  'tokenizer.json (peer)': milliseconds(peerOf),
};

// The peer is left out where a tenth of the text already took it this long.
const PEER_LIMIT_MS = 5000;

const rows = [];
for (const kind of ['japanese', 'english', 'code'] as const) {
  let lastPeerMs = 0;
  for (const bytes of [1e4, 1e5, 1e6, 1e7]) {
    const input = text(kind, bytes);
    const withPeer = lastPeerMs < PEER_LIMIT_MS;
    let ids: number[] = [];
    let peerIds: number[] | undefined;
    const ms = milliseconds(() => (ids = tokenizer.encode(input)));
    const peerMs = withPeer
      ? milliseconds(() => (peerIds = peer.encode(input, { add_special_tokens: false }).ids))
      : Number.POSITIVE_INFINITY;
    if (peerIds && (ids.length !== peerIds.length || ids.some((id, index) => id !== peerIds?.[index]))) {
      throw new Error(`The two differ on ${kind}, ${bytes} bytes.`);
    }
    lastPeerMs = peerMs;
    const row = { text: kind, bytes, tokens: ids.length, ms, 'ns/byte': Number(((ms * 1e6) / bytes).toPrecision(3)) };
    rows.push(withPeer ? { ...row, peerMs, timesFaster: Number((peerMs / ms).toPrecision(2)) } : row);
  }
}

console.table(rows);
console.log('Milliseconds from the bytes of a file to a ready tokenizer:', loadMs);
const git = (...args: string[]) =>
  execFileSync('git', args, { encoding: 'utf8', cwd: new URL('.', import.meta.url) }).trim();
mkdirSync(results, { recursive: true });
appendFileSync(
  new URL('tokenizer.jsonl', results),
  `${JSON.stringify({
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD'),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    command: 'node --conditions=@tama/source packages/tokenizer/bench/tokenizer.bench.ts',
    peer: `@huggingface/tokenizers ${peerVersion}`,
    loadMs,
    rows,
  })}\n`,
);
