import { type ErrorTexts, TamaError, type Words } from '@tama/errors';

/** There is no WebGPU at all in this browser or process. */
export class WebGpuMissingError extends TamaError {
  constructor(where: 'browser' | 'program' = 'browser') {
    super('webgpu-missing', missing[where], { where });
  }
}

const missing: Readonly<Record<'browser' | 'program', ErrorTexts>> = {
  browser: {
    en: {
      what: 'This browser does not offer WebGPU.',
      remedy: 'Use a current Chrome, Edge, Safari or Firefox, over https or on localhost.',
    },
    ja: {
      what: 'このブラウザーではWebGPUを利用できません。',
      remedy: '最新のChrome、Edge、Safari、Firefoxを、httpsまたはlocalhostでお使いください。',
    },
  },
  program: {
    en: {
      what: 'There is no WebGPU here: Node.js has none of its own.',
      remedy: "Pass Dawn's: { gpu: await openDawn() }, from @tama/kernels-wgsl/node and the npm package webgpu.",
    },
    ja: {
      what: 'この環境にはWebGPUがありません。Node.js自体はWebGPUを備えていません。',
      remedy:
        'npmのパッケージ「webgpu」を追加し、「@tama/kernels-wgsl/node」のopenDawnを使って「{ gpu: await openDawn() }」を渡してください。',
    },
  },
};

/** Node has no WebGPU without the npm package `webgpu`, which is not there or does not run here. */
export class DawnMissingError extends TamaError {
  constructor(options?: ErrorOptions) {
    super(
      'dawn-missing',
      {
        en: {
          what: 'The npm package webgpu, which gives Node.js its WebGPU, could not be loaded.',
          remedy: 'Add it with npm install webgpu, and let its install script run.',
        },
        ja: {
          what: 'Node.jsでWebGPUを使うためのnpmのパッケージ「webgpu」を読み込めませんでした。',
          remedy: '「npm install webgpu」で追加し、そのインストールスクリプトの実行を許可してください。',
        },
      },
      {},
      options,
    );
  }
}

/** WebGPU is there, but it found no adapter (of the wanted name). */
export class NoAdapterError extends TamaError {
  constructor(wanted?: string, available: readonly string[] = []) {
    const others = available.join(', ');
    super(
      'no-adapter',
      {
        en: {
          what: `WebGPU found no graphics adapter${wanted ? ` '${wanted}'` : ''}.`,
          remedy: `Update the graphics driver, enable hardware acceleration, or choose another adapter${others && ` (${others})`}.`,
        },
        ja: {
          what: `WebGPUで使えるグラフィックアダプター${wanted ? `「${wanted}」` : ''}が見つかりません。`,
          remedy: `グラフィックドライバーを更新するか、ハードウェアアクセラレーションを有効にするか、別のアダプター${others && `（${others}）`}を選んでください。`,
        },
      },
      { wanted, available: others },
    );
  }
}

/** The adapter offers less than a model or a kernel needs. */
export class LimitError extends TamaError {
  constructor(limit: string | Words, offered: number, needed: number) {
    const { en, ja } = typeof limit === 'string' ? { en: limit, ja: limit } : limit;
    super(
      'adapter-too-small',
      {
        en: {
          what: `The graphics adapter's ${en} is ${offered}, ${needed} is needed.`,
          remedy: 'Choose a smaller model or context, or another adapter.',
        },
        ja: {
          what: `グラフィックアダプターの${ja}は${offered}で、必要な${needed}に足りません。`,
          remedy: 'より小さいモデルやコンテキスト、または別のアダプターを選んでください。',
        },
      },
      { limit: en, offered, needed },
    );
  }
}

/** The GPU could not give the memory that was asked for. */
export class GpuMemoryError extends TamaError {
  constructor(label: string, bytes: number, options?: ErrorOptions) {
    const megabytes = Math.ceil(bytes / 2 ** 20);
    super(
      'gpu-out-of-memory',
      {
        en: {
          what: `The graphics memory does not hold '${label}' (${megabytes} MiB in all so far).`,
          remedy: 'Close other tabs or programs, choose a smaller context, or a smaller quantisation of the model.',
        },
        ja: {
          what: `グラフィックメモリーに「${label}」（ここまで合計${megabytes} MiB）を確保できません。`,
          remedy:
            '他のタブやアプリを閉じるか、コンテキストを短くするか、より小さく量子化されたモデルを選んでください。',
        },
      },
      { label, bytes },
      options,
    );
  }
}

/** The GPU went away: driver reset, sleep, or another program's fault. */
export class DeviceLostError extends TamaError {
  constructor(reason: string) {
    super(
      'device-lost',
      {
        en: { what: `The connection to the graphics device was lost (${reason}).`, remedy: 'Load the model again.' },
        ja: {
          what: `グラフィックデバイスとの接続が失われました（${reason}）。`,
          remedy: 'モデルを読み込み直してください。',
        },
      },
      { reason },
    );
  }
}

/** A shader does not compile on this driver. The text carries the variant, the place and the driver's words. */
export class ShaderCompileError extends TamaError {
  constructor(label: string, messages: string, options?: ErrorOptions) {
    super(
      'shader-compile',
      {
        en: {
          what: `The shader '${label}' does not compile here: ${messages}`,
          remedy: 'Please report this with your adapter.',
        },
        ja: {
          what: `シェーダー「${label}」をこの環境でコンパイルできません: ${messages}`,
          remedy: 'お使いのアダプター名を添えてご報告ください。',
        },
      },
      { label, messages },
      options,
    );
  }
}

/** A kernel was called with sizes it does not support. A programming error, found before anything is dispatched. */
export class ShapeError extends TamaError {
  constructor(kernel: string, problem: Words) {
    super(
      'shape',
      {
        en: { what: `Kernel '${kernel}': ${problem.en}.`, remedy: 'Check the shapes that are passed.' },
        ja: { what: `カーネル「${kernel}」で、${problem.ja}。`, remedy: '渡した形状を確認してください。' },
      },
      { kernel, problem: problem.en },
    );
  }
}
