import type { Usage } from '@tama/core';
import type { ReplyMessage } from '../chat/conversation.ts';
import { formatDuration, formatNumber } from '../i18n/format.ts';
import { useLocale, useMessages } from './preferences.tsx';

type Props = Pick<ReplyMessage, 'ids' | 'state'> & { readonly usage: Usage };

/** Tokens and speed of a reply in one quiet line; behind it the rest, down to the ids. */
export function ReplyDetails({ ids, state, usage }: Props) {
  const t = useMessages();
  const locale = useLocale();
  const count = (value: number) => formatNumber(value, locale);
  const tokens = (value: number) => (value === 1 ? t.message.tokensOne : t.message.tokens(count(value)));
  // The first token comes with the prompt; after the last of a reply that ended by itself came the one that ends it.
  const steps = state === 'complete' ? usage.completionTokens : usage.completionTokens - 1;
  const rate = steps > 0 && usage.decodeMs > 0 ? (steps * 1000) / usage.decodeMs : undefined;
  const cached = usage.cachedTokens > 0 ? t.message.cachedTokens(count(usage.cachedTokens)) : '';
  return (
    <details className="tama-details">
      <summary title={t.message.details}>
        <span>{tokens(ids.length)}</span>
        {rate === undefined ? null : <span>{t.message.rate(formatNumber(rate, locale, rate < 10 ? 1 : 0))}</span>}
      </summary>
      <dl>
        <dt>{t.message.promptTokens}</dt>
        <dd>
          {tokens(usage.promptTokens)}
          {cached}
        </dd>
        <dt>{t.message.firstToken}</dt>
        <dd>{formatDuration(usage.prefillMs, locale)}</dd>
        <dt>{t.message.decoding}</dt>
        <dd>{formatDuration(usage.decodeMs, locale)}</dd>
        <dt>{t.message.tokenIds}</dt>
        <dd className="tama-ids" data-token-ids="">
          {ids.join(' ')}
        </dd>
      </dl>
    </details>
  );
}
