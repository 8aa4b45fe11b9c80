import type { Locale } from './locale.ts';

export type LicenceSection = { readonly heading: string; readonly paragraphs: readonly string[] };

/** The licence page, in Markdown. */
export const licenceSections: Readonly<Record<Locale, readonly LicenceSection[]>> = {
  en: [
    {
      heading: 'Tama',
      paragraphs: [
        'Tama is free software under the [Apache License 2.0](https://www.apache.org/licenses/LICENSE-2.0). It comes without warranty.',
        'Tama is an independent project. It is not made, endorsed or supported by Google.',
      ],
    },
    {
      heading: 'The demo model',
      paragraphs: [
        'The model that answers when this page opens is **Tama’s demo model**: 6.8 million parameters in the architecture of Gemma 2, trained from scratch. It is **not Google’s Gemma 2** and holds none of its weights. It translates short sentences between English and Japanese and makes small talk; it is often wrong.',
        'Its weights are under the [Creative Commons Attribution 4.0 licence](https://creativecommons.org/licenses/by/4.0/). It learnt from small_parallel_enja by Yusuke Oda, a subset of the Tanaka Corpus, today part of the Tatoeba Project; by their contributors, under [CC BY 2.0 FR](https://creativecommons.org/licenses/by/2.0/fr/).',
      ],
    },
    {
      heading: 'Gemma',
      paragraphs: [
        'Gemma is provided under and subject to the Gemma Terms of Use found at [ai.google.dev/gemma/terms](https://ai.google.dev/gemma/terms). If you open a Gemma 2 model in Tama, those terms and the [Gemma Prohibited Use Policy](https://ai.google.dev/gemma/prohibited_use_policy) bind what you do with it. Tama neither contains nor distributes Gemma’s weights.',
      ],
    },
    {
      heading: 'What a model writes',
      paragraphs: [
        'A language model continues text by probability. It can state what is wrong, and state it confidently. Check what matters before you rely on it.',
      ],
    },
    {
      heading: 'Your data',
      paragraphs: [
        'Models run in this page, on your device. What you write, what the model answers and the files you open are not sent anywhere; the page contacts no host but the one it was loaded from. Chats and settings are stored by your browser on this device. Delete them under Chats, or by clearing the site’s data.',
      ],
    },
  ],
  ja: [
    {
      heading: 'Tama',
      paragraphs: [
        'Tamaは[Apache License 2.0](https://www.apache.org/licenses/LICENSE-2.0)で公開されている自由なソフトウェアです。無保証で提供されます。',
        'Tamaは独立したプロジェクトです。Googleによる開発、推奨、支援を受けたものではありません。',
      ],
    },
    {
      heading: 'デモモデル',
      paragraphs: [
        'ページを開いたときに回答するのは、**Tamaのデモモデル**です。Gemma 2と同じ構造を持つ680万パラメーターのモデルで、一から学習しました。**GoogleのGemma 2ではなく**、その重みは一切含みません。英語と日本語の短い文の翻訳や簡単なあいさつができますが、間違いもよくあります。',
        '重みは[クリエイティブ・コモンズ 表示 4.0](https://creativecommons.org/licenses/by/4.0/deed.ja)で提供されます。学習にはYusuke Oda氏のsmall_parallel_enjaを使用しました。これは現在Tatoeba Projectの一部となっているTanaka Corpusの一部で、貢献者の方々により[CC BY 2.0 FR](https://creativecommons.org/licenses/by/2.0/fr/)で公開されています。',
      ],
    },
    {
      heading: 'Gemma',
      paragraphs: [
        'Gemmaは、[ai.google.dev/gemma/terms](https://ai.google.dev/gemma/terms)に掲載されているGemma利用規約に基づき提供されます（Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms）。TamaでGemma 2のモデルを開く場合、その利用にはこの規約と[Gemma使用禁止ポリシー](https://ai.google.dev/gemma/prohibited_use_policy)が適用されます。TamaはGemmaの重みを含まず、配布もしません。',
      ],
    },
    {
      heading: 'モデルが書くこと',
      paragraphs: [
        '言語モデルは、確率に従って文章の続きを生成します。誤った内容を自信ありげに述べることもあります。大切なことは、必ずご自身で確認してください。',
      ],
    },
    {
      heading: 'データの扱い',
      paragraphs: [
        'モデルはこのページの中、お使いの端末の上で動きます。書いた内容、モデルの回答、開いたファイルがどこかへ送信されることはありません。このページが通信する相手は、ページの配信元だけです。チャットと設定は、この端末のブラウザーに保存されます。チャット一覧から、またはサイトのデータを消去することで削除できます。',
      ],
    },
  ],
};
