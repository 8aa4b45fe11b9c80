import type { Extension as FromMarkdown } from 'mdast-util-from-markdown';
import type { Code, Construct, Effects, Extension, State } from 'micromark-util-types';

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    formula: 'formula';
    formulaText: 'formulaText';
    formulaBreak: 'formulaBreak';
  }
}

type Data = { readonly micromarkExtensions?: Extension[]; readonly fromMarkdownExtensions?: FromMarkdown[] };

/**
 * Leaves formulas as the model wrote them: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. Markdown would take the backslashes out
 * of `\,` and `\\`, and make `a_1 * b * c` slanted. Nothing is a formula that does not end, nor an amount: "$5 and $10".
 */
export function remarkFormula(this: { data(): object }): void {
  const data: Data = this.data();
  Object.assign(data, {
    micromarkExtensions: [...(data.micromarkExtensions ?? []), { text: { [dollar]: formula, [backslash]: formula } }],
    fromMarkdownExtensions: [...(data.fromMarkdownExtensions ?? []), asText],
  });
}

const dollar = 36;
const backslash = 92;
/** What ends a formula that a backslash and the first of these began. */
const closing: Readonly<Record<number, number>> = { 40: 41, 91: 93 };

const isLineEnding = (code: Code) => code !== null && code < -2;
const isSpace = (code: Code) => code === null || code < 0 || code === 32;
const isDigit = (code: Code) => code !== null && code >= 48 && code <= 57;

const formula: Construct = { name: 'formula', tokenize };

function tokenize(effects: Effects, ok: State, nok: State): State {
  /** The code behind the backslash that ends the formula; undefined where dollars do. */
  let bracket: number | undefined;
  let dollars = 0;
  let before: Code = null;

  /** Takes what may be anything but the end of a line. */
  const take = (next: State) => (code: Code) => {
    if (code === null) return nok(code);
    if (isLineEnding(code)) return within(code);
    before = code;
    effects.consume(code);
    return next;
  };
  const end: State = (code) => {
    effects.consume(code);
    effects.exit('formulaText');
    effects.exit('formula');
    return dollars === 1 ? afterSingle : ok;
  };
  const afterSingle: State = (code) => (isDigit(code) ? nok(code) : ok(code));

  const start: State = (code) => {
    effects.enter('formula');
    effects.enter('formulaText');
    effects.consume(code);
    return code === dollar ? opened : bracketed;
  };
  const bracketed: State = (code) => {
    bracket = closing[code ?? 0];
    return bracket === undefined ? nok(code) : take(within)(code);
  };
  const opened: State = (code) => {
    dollars = code === dollar ? 2 : 1;
    return dollars === 1 && isSpace(code) ? nok(code) : take(within)(code);
  };
  const within: State = (code) => {
    if (isLineEnding(code)) return dollars === 1 ? nok(code) : lineBreak(code);
    if (code === backslash) return take(escaped)(code);
    if (code !== dollar || dollars === 0) return take(within)(code);
    if (dollars === 2) return take(secondDollar)(code);
    return isSpace(before) ? nok(code) : end(code);
  };
  const escaped: State = (code) => {
    if (code !== null && code === bracket) return end(code);
    // None is within another. A model that repeats itself would else have every beginning read to the end of its text.
    return bracket !== undefined && closing[code ?? 0] !== undefined ? nok(code) : take(within)(code);
  };
  const secondDollar: State = (code) => (code === dollar ? end(code) : within(code));

  const lineBreak: State = (code) => {
    effects.exit('formulaText');
    effects.enter('formulaBreak');
    effects.consume(code);
    effects.exit('formulaBreak');
    return nextLine;
  };
  const nextLine: State = (code) => {
    if (code === null) return nok(code);
    effects.enter('formulaText');
    return within(code);
  };
  return start;
}

const asText: FromMarkdown = {
  enter: {
    formula(token) {
      this.enter({ type: 'text', value: '' }, token);
    },
  },
  exit: {
    formulaText(token) {
      append(this.stack.at(-1), this.sliceSerialize(token));
    },
    formulaBreak() {
      append(this.stack.at(-1), '\n');
    },
    formula(token) {
      this.exit(token);
    },
  },
};

function append(node: object | undefined, text: string): void {
  if (node && 'value' in node) node.value += text;
}
