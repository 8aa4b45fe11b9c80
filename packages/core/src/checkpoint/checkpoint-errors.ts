import { TamaError, type Words } from '@tama/errors';
import { type Expectation, same } from '../expectation.ts';
import { type Field, fieldWords, named, shortened } from './field.ts';

const downloadAgain = {
  en: 'Download the file again; if the error stays, it is damaged where it comes from.',
  ja: 'ファイルを再度ダウンロードしてください。それでも続く場合は、配布元のファイルが壊れています。',
};

/** A value inside a file contradicts its format: the file is damaged, or made to mislead. */
export class MalformedFileError extends TamaError {
  constructor(
    file: string,
    format: string | Words,
    field: Field,
    found: string | number | bigint | Words,
    expected: Expectation,
  ) {
    const kind = formatWords(format);
    const place = fieldWords(field);
    const value = foundWords(found);
    super(
      'checkpoint-malformed',
      {
        en: {
          what: `'${file}' is not a valid ${kind.en} file: ${place.en} is ${value.en}, but must be ${expected.en}.`,
          remedy: downloadAgain.en,
        },
        ja: {
          what: `「${file}」は正しい${kind.ja}ファイルではありません。${place.ja}が${value.ja}が、${expected.ja}でなければなりません。`,
          remedy: downloadAgain.ja,
        },
      },
      { file, format: kind.en, field: place.en, found: value.en, expected: expected.en },
    );
  }
}

/** The file ends before something it announces. */
export class TruncatedFileError extends TamaError {
  constructor(file: string, format: string | Words, field: Field, needed: number | bigint, size: number) {
    const kind = formatWords(format);
    const { en, ja } = fieldWords(field);
    super(
      'checkpoint-truncated',
      {
        en: {
          what: `'${file}' is cut off or damaged: ${en} (${kind.en}) reaches to byte ${needed}, but the file has ${size}.`,
          remedy: downloadAgain.en,
        },
        ja: {
          what: `「${file}」は途中で切れているか壊れています。${ja}（${kind.ja}）は${needed}バイト目まで必要ですが、ファイルは${size}バイトです。`,
          remedy: downloadAgain.ja,
        },
      },
      { file, format: kind.en, field: en, needed: Number(needed), size },
    );
  }
}

/** Compressed data that contradicts itself or does not match its checksum. What a decoder says is in its own words. */
export class DamagedDataError extends TamaError {
  constructor(file: string, codec: string, problem: string | Words, options?: ErrorOptions) {
    const { en, ja } = fieldWords(problem);
    super(
      'checkpoint-damaged-data',
      {
        en: { what: `The compressed data of '${file}' (${codec}) is damaged: ${en}.`, remedy: downloadAgain.en },
        ja: { what: `「${file}」の圧縮データ（${codec}）が壊れています: ${ja}`, remedy: downloadAgain.ja },
      },
      { file, codec, problem: en },
      options,
    );
  }
}

/** The decoder of zstd is WebAssembly, which is not here, or which a policy of the page forbids. */
export class WebAssemblyUnavailableError extends TamaError {
  constructor(file: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      'webassembly-unavailable',
      {
        en: {
          what: `'${file}' is compressed with zstd. Unpacking it takes WebAssembly, which cannot be used here: ${reason}.`,
          remedy:
            "Use a current browser without restrictions on WebAssembly, or a GGUF or safetensors version of the model. If the page is yours, allow 'wasm-unsafe-eval' in the script-src of the Content-Security-Policy its worker is served with.",
        },
        ja: {
          what: `「${file}」はzstdで圧縮されています。展開に必要なWebAssemblyを、この環境では使えません: ${reason}`,
          remedy:
            "WebAssemblyが制限されていない最新のブラウザーを使うか、GGUFまたはsafetensors形式のモデルを使ってください。ページの管理者の方は、ワーカーを配信する際のContent-Security-Policyのscript-srcで'wasm-unsafe-eval'を許可してください。",
        },
      },
      { file, reason },
      { cause },
    );
  }
}

/** A legitimate form of the format that this program does not read. */
export class UnsupportedFeatureError extends TamaError {
  constructor(file: string, feature: Expectation, supported: Expectation) {
    super(
      'checkpoint-unsupported',
      {
        en: {
          what: `'${file}' uses ${feature.en}, which is not supported.`,
          remedy: `Use a version of the model with ${supported.en}.`,
        },
        ja: {
          what: `「${file}」は対応していない形式（${feature.ja}）を使っています。`,
          remedy: `次の形式のモデルを使ってください: ${supported.ja}。`,
        },
      },
      { file, feature: feature.en, supported: supported.en },
    );
  }
}

/** A model of another family: this program runs Gemma 2 only. */
export class WrongFamilyError extends TamaError {
  constructor(name: string, family: string) {
    super(
      'model-family',
      {
        en: {
          what: `'${name}' is a model of the family '${family}'; this program runs Gemma 2 only.`,
          remedy: 'Choose a Gemma 2 model (gemma-2-2b, -9b or -27b, or a fine-tune of one).',
        },
        ja: {
          what: `「${name}」は「${family}」系のモデルです。このプログラムで動かせるのはGemma 2だけです。`,
          remedy: 'Gemma 2（gemma-2-2b、-9b、-27b、またはその派生モデル）を選んでください。',
        },
      },
      { name, family },
    );
  }
}

/** A field of the model's configuration is missing or has a value Gemma 2 cannot have. */
export class ModelConfigError extends TamaError {
  constructor(field: string, found: unknown, expected: Expectation) {
    const value = found === undefined ? 'missing' : shortened(JSON.stringify(found) ?? String(found));
    super(
      'model-config',
      {
        en: {
          what: `The model's configuration has ${field} ${found === undefined ? value : `= ${value}`}, but it must be ${expected.en}.`,
          remedy: 'Use the configuration that belongs to the weights; this one is damaged or of another architecture.',
        },
        ja: {
          what: `モデル設定の「${field}」が${found === undefined ? 'ありません' : ` ${value} です`}。${expected.ja}でなければなりません。`,
          remedy:
            '重みに対応する設定ファイルを使ってください。この設定は壊れているか、別のアーキテクチャーのものです。',
        },
      },
      { field, found: value, expected: expected.en },
    );
  }
}

/** Weights that the configuration calls for are not in the files. */
export class MissingTensorError extends TamaError {
  constructor(name: string, tensor: string, missing: number, expected: number) {
    super(
      'tensor-missing',
      {
        en: {
          what: `'${name}' lacks the tensor ${named(tensor).en} (${missing} of ${expected} are missing).`,
          remedy: 'Check that all files of the model are there and that the configuration belongs to them.',
        },
        ja: {
          what: `「${name}」にテンソル${named(tensor).ja}がありません（${expected}個中${missing}個が不足）。`,
          remedy: 'モデルのファイルがすべて揃っているか、設定が対応しているかを確認してください。',
        },
      },
      { name, tensor, missing, expected },
    );
  }
}

/** A tensor that Gemma 2 of this configuration does not have: more layers, adapters, another quantiser's side data. */
export class UnexpectedTensorError extends TamaError {
  constructor(name: string, tensor: string) {
    super(
      'tensor-unexpected',
      {
        en: {
          what: `'${name}' holds a tensor ${named(tensor).en} that a Gemma 2 of its configuration does not have.`,
          remedy:
            'The configuration belongs to other weights, or the weights are an adapter or quantised by another tool.',
        },
        ja: {
          what: `「${name}」に、この設定のGemma 2にはないテンソル${named(tensor).ja}が含まれています。`,
          remedy: '設定が別の重みのものか、アダプターや他のツールで量子化された重みの可能性があります。',
        },
      },
      { name, tensor },
    );
  }
}

/** A tensor has another shape than the configuration calls for. Shapes as [out, in]. */
export class TensorShapeError extends TamaError {
  constructor(name: string, tensor: string, found: readonly number[], expected: readonly number[]) {
    const shapes = { found: `[${found.join(', ')}]`, expected: `[${expected.join(', ')}]` };
    super(
      'tensor-shape',
      {
        en: {
          what: `The tensor ${named(tensor).en} of '${name}' has the shape ${shapes.found}, but the configuration calls for ${shapes.expected}.`,
          remedy: 'Use the configuration that belongs to these weights.',
        },
        ja: {
          what: `「${name}」のテンソル${named(tensor).ja}の形状は ${shapes.found} ですが、設定では ${shapes.expected} です。`,
          remedy: 'この重みに対応する設定を使ってください。',
        },
      },
      { name, tensor, ...shapes },
    );
  }
}

/** A tensor is stored in a number format that cannot be used for it. */
export class TensorTypeError extends TamaError {
  constructor(name: string, tensor: string, found: string | Words, supported: readonly string[]) {
    const { en, ja } = formatWords(found);
    super(
      'tensor-type',
      {
        en: {
          what: `The tensor ${named(tensor).en} of '${name}' is stored as ${en}.`,
          remedy: `Use a version of the model that stores it as one of ${supported.join(', ')}.`,
        },
        ja: {
          what: `「${name}」のテンソル${named(tensor).ja}は ${ja} 形式で保存されています。`,
          remedy: `次のいずれかの形式のモデルを使ってください: ${supported.join(', ')}`,
        },
      },
      { name, tensor, found: en, supported: supported.join(', ') },
    );
  }
}

/** A weight is NaN or infinite. Of a quantised block, whose scale is, `column` is the first. */
export class NotFiniteWeightsError extends TamaError {
  constructor(tensor: string, row: number, column: number, kind: 'NaN' | 'infinity', encoding: string) {
    const ja = kind === 'NaN' ? 'NaN' : '無限大';
    super(
      'weights-not-finite',
      {
        en: {
          what: `The tensor ${named(tensor).en} (${encoding}) holds ${kind} in row ${row}, column ${column}.`,
          remedy: downloadAgain.en,
        },
        ja: {
          what: `テンソル${named(tensor).ja}（${encoding}）の${row}行${column}列に${ja}が含まれています。`,
          remedy: downloadAgain.ja,
        },
      },
      { tensor, row, column, kind, encoding },
    );
  }
}

const formatWords = (format: string | Words): Words => (typeof format === 'string' ? same(format) : format);
/** A value that stands in a file is quoted in Japanese if it is text. */
function foundWords(found: string | number | bigint | Words): Words {
  if (typeof found === 'object') return found;
  const en = shortened(found);
  return { en, ja: `${typeof found === 'string' ? fieldWords(en).ja : en}です` };
}
