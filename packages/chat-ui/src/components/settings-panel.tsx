import { type ChangeEvent, type ReactNode, useId, useState } from 'react';
import { locales } from '../i18n/locale.ts';
import { defaultSettings, ranges, type Settings, sendKeys, themes } from '../settings/settings.ts';
import { modKey } from './composer.tsx';
import { Panel } from './panel.tsx';
import { useMessages, usePreferences, useSettings } from './preferences.tsx';
import { Select } from './select.tsx';

export function SettingsPanel({
  licenceHref,
  onClose,
}: {
  readonly licenceHref: string;
  readonly onClose: () => void;
}) {
  const t = useMessages();
  const s = t.settings;
  const { settings: store, detected } = usePreferences();
  const settings = useSettings();
  const systemId = useId();
  return (
    <Panel heading={s.heading} closeLabel={s.close} onClose={onClose}>
      <section>
        <h3>{s.interface}</h3>
        <Select
          label={s.language}
          value={settings.locale}
          options={[
            ['auto', s.languageAuto(t.language[detected])],
            ...locales.map((locale) => [locale, t.language[locale]] as const),
          ]}
          onChange={(locale) => store.change({ locale })}
        />
        <Select
          label={s.theme}
          value={settings.theme}
          options={themes.map((theme) => [theme, s.themes[theme]] as const)}
          onChange={(theme) => store.change({ theme })}
        />
        <Select
          label={s.sendKey}
          value={settings.sendKey}
          options={sendKeys.map(
            (key) => [key, key === 'enter' ? s.sendKeys.enter : s.sendKeys['mod-enter'](modKey())] as const,
          )}
          onChange={(sendKey) => store.change({ sendKey })}
        />
        <label className="tama-check">
          <input
            type="checkbox"
            checked={settings.announceReplies}
            onChange={(event) => store.change({ announceReplies: event.target.checked })}
          />
          <span>{s.announce}</span>
        </label>
      </section>

      <section>
        <h3>{s.answers}</h3>
        <Slider name="temperature" label={s.temperature} help={s.temperatureHelp} />
        <NumberField name="topK" label={s.topK} help={s.topKHelp} />
        <Slider name="topP" label={s.topP} help={s.topPHelp} />
        <NumberField name="seed" label={s.seed} help={s.seedHelp} placeholder={s.seedRandom} />
        <div className="tama-setting">
          <label htmlFor={systemId}>{s.system}</label>
          <textarea
            id={systemId}
            rows={3}
            value={settings.systemPrompt}
            onChange={(event) => store.change({ systemPrompt: event.target.value })}
            aria-describedby={`${systemId}-help`}
          />
          <p className="tama-help" id={`${systemId}-help`}>
            {s.systemHelp}
          </p>
        </div>
        <button type="button" className="tama-button" onClick={() => store.resetAnswers()}>
          {s.reset}
        </button>
      </section>

      <p className="tama-panel-foot">
        <a href={licenceHref}>{s.licences}</a>
      </p>
    </Panel>
  );
}

type NumberName = keyof typeof ranges & keyof Settings;
type NumberProps = {
  readonly name: NumberName;
  readonly label: string;
  readonly help: string;
  readonly placeholder?: string;
};

function Labelled({ id, label, help, children }: { id: string; label: string; help: string; children: ReactNode }) {
  return (
    <div className="tama-setting">
      <div className="tama-setting-row">
        <label htmlFor={id}>{label}</label>
        {children}
      </div>
      <p className="tama-help" id={`${id}-help`}>
        {help}
      </p>
    </div>
  );
}

function Slider({ name, label, help }: NumberProps) {
  const id = useId();
  const { settings: store } = usePreferences();
  const value = useSettings()[name] ?? 0;
  return (
    <Labelled id={id} label={label} help={help}>
      <input
        id={id}
        type="range"
        {...ranges[name]}
        value={value}
        aria-describedby={`${id}-help`}
        onChange={(event) => store.change({ [name]: event.target.valueAsNumber })}
      />
      <output htmlFor={id}>{value.toFixed(2)}</output>
    </Labelled>
  );
}

/** Shows what is being typed as it is; the setting is always the nearest number there may be, and shown afterwards. */
function NumberField({ name, label, help, placeholder }: NumberProps) {
  const id = useId();
  const { settings: store } = usePreferences();
  const value = useSettings()[name];
  const [typed, setTyped] = useState<string>();
  const { min, max } = ranges[name];

  function change({ target }: ChangeEvent<HTMLInputElement>) {
    setTyped(target.value);
    const wanted = Number(target.value);
    const allowed = Math.min(max, Math.max(min, Math.round(wanted)));
    store.change({ [name]: target.value === '' ? defaultSettings[name] : allowed });
  }
  return (
    <Labelled id={id} label={label} help={help}>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        {...ranges[name]}
        value={typed ?? value ?? ''}
        placeholder={placeholder}
        aria-describedby={`${id}-help`}
        onChange={change}
        onBlur={() => setTyped(undefined)}
      />
    </Labelled>
  );
}
