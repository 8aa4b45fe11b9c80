import { useId } from 'react';
import { useStore } from 'zustand';
import type { Models } from '../models/models.ts';
import { repositoryPage } from '../models/reference.ts';
import { useMessages } from './preferences.tsx';

/** Token and address of the hub. The token is shown as dots, and kept only where the reader asks for it. */
export function HubFields({ models }: { readonly models: Models }) {
  const t = useMessages().models;
  const hub = useStore(models, (state) => state.hub);
  const id = useId();
  return (
    <div className="tama-hub">
      <div className="tama-setting">
        <label htmlFor={`${id}-token`}>{t.token}</label>
        <input
          id={`${id}-token`}
          type="password"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={hub.token}
          aria-describedby={`${id}-token-help`}
          onChange={(event) => models.setHub({ token: event.target.value })}
        />
        <p className="tama-help" id={`${id}-token-help`}>
          {t.tokenHelp}
        </p>
        <label className="tama-check">
          <input
            type="checkbox"
            checked={hub.rememberToken}
            onChange={(event) => models.setHub({ rememberToken: event.target.checked })}
          />
          <span>{t.rememberToken}</span>
        </label>
      </div>
      <div className="tama-setting">
        <label htmlFor={`${id}-endpoint`}>{t.endpoint}</label>
        <input
          id={`${id}-endpoint`}
          type="url"
          autoCapitalize="off"
          spellCheck={false}
          value={hub.endpoint}
          placeholder={models.defaultEndpoint}
          aria-describedby={`${id}-endpoint-help`}
          onChange={(event) => models.setHub({ endpoint: event.target.value })}
          onBlur={() => hub.endpoint.trim() === '' && models.setHub({ endpoint: models.defaultEndpoint })}
        />
        <p className="tama-help" id={`${id}-endpoint-help`}>
          {t.endpointHelp}
        </p>
      </div>
    </div>
  );
}

/** How to get at a model whose publisher wants its licence accepted first. */
export function GatedHelp({ source, endpoint }: { readonly source: string; readonly endpoint: string }) {
  const t = useMessages().models;
  const page = repositoryPage(source, endpoint);
  return page ? (
    <div className="tama-gated">
      <p>
        <strong>{t.gatedHeading}</strong>
      </p>
      <p>{t.gatedText}</p>
      <p className="tama-buttons">
        <OutsideLink href={page}>{t.modelPage}</OutsideLink>
        <OutsideLink href={`${endpoint.replace(/\/+$/, '')}/settings/tokens`}>{t.tokenPage}</OutsideLink>
      </p>
    </div>
  ) : null;
}

/** A link that leaves the page as it is: what was entered stays, and downloads go on. */
export function OutsideLink({ href, children }: { readonly href: string; readonly children: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
