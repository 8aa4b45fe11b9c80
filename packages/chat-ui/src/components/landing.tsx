import { useId } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import type { Locale } from '../i18n/locale.ts';
import type { Messages } from '../i18n/messages.ts';
import { fractionOf } from './model-progress.tsx';
import { useLocale, useMessages } from './preferences.tsx';

type Example = { readonly kind: keyof Messages['landing']['example']; readonly text: string; readonly lang: Locale };

/** What the demo model can do, one of each; the reader's own language first. */
const examples: Readonly<Record<Locale, readonly Example[]>> = {
  en: [
    { kind: 'toJapanese', text: 'I like green tea.', lang: 'en' },
    { kind: 'toEnglish', text: '明日は雨が降るでしょう。', lang: 'ja' },
    { kind: 'capital', text: 'What is the capital of France?', lang: 'en' },
    { kind: 'haiku', text: '俳句を詠んで', lang: 'ja' },
    { kind: 'greeting', text: 'Hello!', lang: 'en' },
    { kind: 'who', text: 'Who are you?', lang: 'en' },
  ],
  ja: [
    { kind: 'toEnglish', text: '緑茶が好きです。', lang: 'ja' },
    { kind: 'toJapanese', text: 'She plays the piano every day.', lang: 'en' },
    { kind: 'capital', text: '日本の首都はどこですか？', lang: 'ja' },
    { kind: 'haiku', text: '俳句を詠んで', lang: 'ja' },
    { kind: 'greeting', text: 'こんにちは', lang: 'ja' },
    { kind: 'who', text: 'あなたは誰ですか？', lang: 'ja' },
  ],
};

type Props = { readonly chat: Chat; readonly onExample: (text: string) => void; readonly onGet: () => void };

/** The page before the first message. */
export function Landing({ chat, onExample, onGet }: Props) {
  const t = useMessages();
  const locale = useLocale();
  const model = useStore(chat, (state) => state.model);
  const demo = model.phase === 'ready' ? model.demo : model.source.kind === 'demo';
  const lead = demo || model.phase !== 'ready' ? t.landing.demoLead : t.landing.ownLead(model.info.name);
  return (
    <section className="tama-landing">
      <RoundWindow progress={fractionOf(model)} />
      <h2>{t.landing.heading}</h2>
      <p className="tama-lead">{lead}</p>
      {demo ? (
        <ul className="tama-examples" aria-label={t.landing.examples}>
          {examples[locale].map(({ kind, text, lang }) => (
            <li key={kind}>
              <button type="button" onClick={() => onExample(text)}>
                <span className="tama-example-kind">{t.landing.example[kind]}</span>
                <span className="tama-example-text" lang={lang}>
                  {text}
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {demo ? (
        <p className="tama-landing-get">
          <button type="button" className="tama-link" onClick={onGet}>
            {t.models.get}
          </button>
        </p>
      ) : null}
    </section>
  );
}

/** A large ring behind the page's first words, which closes as the model loads. */
function RoundWindow({ progress }: { readonly progress: number | undefined }) {
  const gradient = useId();
  const ring = { cx: 100, cy: 100, r: 78, pathLength: 100 };
  return (
    <svg className="tama-window" viewBox="0 0 200 200" aria-hidden="true">
      <linearGradient id={gradient} x1="0.1" y1="0" x2="0.9" y2="1">
        <stop className="tama-window-near" offset="0" />
        <stop className="tama-window-far" offset="1" />
      </linearGradient>
      <circle className="tama-window-ground" {...ring} />
      <g transform="rotate(-90 100 100)">
        <circle
          {...ring}
          stroke={`url(#${gradient})`}
          strokeDasharray={progress === undefined ? undefined : `${progress * 100} 100`}
        />
      </g>
    </svg>
  );
}
