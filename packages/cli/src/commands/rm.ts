import { defineCommand } from '../command.ts';
import { flag } from '../command-line/option.ts';
import { exitCodes } from '../exit-codes.ts';
import { note, print } from '../io.ts';
import { byteSize } from '../terminal/byte-size.ts';

export const rm = defineCommand({
  name: 'rm',
  summary: { en: 'Delete a stored model', ja: '保存されているモデルを削除します' },
  details: {
    en: 'Also deletes what is there of a model whose download has not ended. Files that were not downloaded by `tama pull`\nare never touched.',
    ja: 'ダウンロードが途中のモデルも削除できます。`tama pull` でダウンロードしたもの以外のファイルには触れません。',
  },
  arguments: {
    name: {
      name: 'NAME',
      required: true,
      summary: { en: 'a name or a source, as `tama list` shows them', ja: '`tama list` に表示される名前または入手元' },
    },
  },
  options: {
    json: flag({ en: 'print what was deleted as JSON', ja: '削除したモデルをJSONで出力します' }),
  },
  examples: [
    {
      line: 'tama rm gemma-2-2b-it-Q4_0.gguf',
      explanation: { en: 'By name, if only one model has it', ja: '名前で（同じ名前のモデルが他にない場合）' },
    },
    { line: 'tama rm hf:google/gemma-2-2b-it', explanation: { en: 'By source', ja: '入手元で' } },
  ],
  async run({ io, locale, dependencies }, { name }, { json }) {
    const store = dependencies.modelStore();
    const model = await store.find(name);
    await store.remove(model?.source ?? name);
    if (json) await print(io, `${JSON.stringify(model)}\n`);
    else {
      const freed = byteSize(model!.storedBytes);
      note(
        io,
        { en: `Deleted ${model!.source} (${freed}).`, ja: `${model!.source}（${freed}）を削除しました。` }[locale],
      );
    }
    return exitCodes.success;
  },
});
