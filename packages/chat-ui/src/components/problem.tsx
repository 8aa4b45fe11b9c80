import { explain, isTamaError } from '@tama/errors';
import type { ReactNode } from 'react';
import type { Messages } from '../i18n/messages.ts';
import { useLocale, useMessages } from './preferences.tsx';

type Titled = 'webgpuMissing' | 'noAdapter' | 'adapterTooSmall' | 'loadFailed';

const titles: Readonly<Record<string, Titled>> = {
  'webgpu-missing': 'webgpuMissing',
  'no-adapter': 'noAdapter',
  'adapter-too-small': 'adapterTooSmall',
};

/** No other file helps where the graphics do not do. */
export const isAboutGraphics = (error: unknown): boolean => isTamaError(error) && error.code in titles;

const titleOf = (error: unknown, t: Messages): string =>
  t.problem[(isTamaError(error) && titles[error.code]) || 'loadFailed'];

/** Why there is no model, what to do, and the numbers for who wants to report it. */
export function Problem({ error, children }: { readonly error: unknown; readonly children?: ReactNode }) {
  const t = useMessages();
  const locale = useLocale();
  const { what, remedy } = explain(error, locale);
  const code = isTamaError(error) ? error.code : undefined;
  const details = isTamaError(error) ? Object.entries(error.details).filter(([, value]) => value !== undefined) : [];
  return (
    <section className="tama-problem" role="alert" data-code={code}>
      <h2>{titleOf(error, t)}</h2>
      <p>{what}</p>
      <p>{remedy}</p>
      {code === 'webgpu-missing' || code === 'no-adapter' ? (
        <>
          <h3>{t.problem.browsers}</h3>
          <ul>
            {t.problem.browserList.map((browser) => (
              <li key={browser}>{browser}</li>
            ))}
          </ul>
          <p>{t.problem.secureContext}</p>
        </>
      ) : null}
      {children}
      {code ? (
        <details className="tama-disclosure">
          <summary>{t.problem.details}</summary>
          <dl className="tama-facts">
            <div>
              <dt>code</dt>
              <dd>{code}</dd>
            </div>
            {details.map(([key, value]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{String(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </section>
  );
}
