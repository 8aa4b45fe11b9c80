import type { StoredModel } from '@tama/core';
import { type FormEvent, useId, useState } from 'react';
import { useStore } from 'zustand';
import { isComposing } from '../input/composition.ts';
import { isGated, knownModels } from '../models/known-models.ts';
import type { Models } from '../models/models.ts';
import { HubFields } from './hub-fields.tsx';
import { ModelLook } from './model-look.tsx';
import { useMessages } from './preferences.tsx';

type Props = { readonly models: Models; readonly onUse: (model: StoredModel) => void };

/** From a reference to a download: name it, see what it is and whether it fits, download it. */
export function GetModel({ models, onUse }: Props) {
  const t = useMessages().models;
  const look = useStore(models, (state) => state.look);
  const [text, setText] = useState('');
  const [bad, setBad] = useState(false);
  const [showsHub, setShowsHub] = useState(false);
  const id = useId();

  function ask(reference: string) {
    setText(reference);
    setBad(!models.lookAt(reference));
    if (isGated(reference)) setShowsHub(true);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    ask(text);
  }
  return (
    <section>
      <h3>{t.getHeading}</h3>
      <p className="tama-help">{t.getText}</p>
      <form className="tama-get" onSubmit={submit} noValidate>
        <label htmlFor={id}>{t.reference}</label>
        <div className="tama-get-row">
          <input
            id={id}
            type="text"
            inputMode="url"
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
            value={text}
            placeholder={t.referencePlaceholder}
            aria-invalid={bad}
            aria-describedby={`${id}-help`}
            onChange={(event) => {
              setText(event.target.value);
              setBad(false);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && isComposing(event.nativeEvent)) event.preventDefault();
            }}
          />
          <button type="submit" className="tama-button tama-button-main">
            {t.look}
          </button>
        </div>
        <p className="tama-help" id={`${id}-help`}>
          {t.referenceHelp}
        </p>
        {bad ? (
          <p className="tama-fault" role="alert">
            {t.badReference}
          </p>
        ) : null}
      </form>
      {look ? (
        <ModelLook models={models} look={look} onAsk={ask} onUse={onUse} onNeedsToken={() => setShowsHub(true)} />
      ) : null}
      <details className="tama-disclosure" open={showsHub} onToggle={(event) => setShowsHub(event.currentTarget.open)}>
        <summary>{t.access}</summary>
        <HubFields models={models} />
      </details>
      <div className="tama-known">
        <h4>{t.known}</h4>
        <ul>
          {knownModels.map(({ reference, name, kind, gated }) => (
            <li key={reference}>
              <button type="button" onClick={() => ask(reference)}>
                <span className="tama-known-name">{name}</span>
                <span className="tama-known-kind">
                  {t.kind[kind]}
                  {gated ? ` · ${t.needsToken}` : ''}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
