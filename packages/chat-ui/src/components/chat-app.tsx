'use client';
import type { StoredModel } from '@tama/core';
import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Chat } from '../chat/chat.ts';
import type { Fit, ModelFiles, ModelSource } from '../engine-host.ts';
import { fitText } from '../i18n/fit-text.ts';
import { fitOf } from '../models/fit.ts';
import type { Models } from '../models/models.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { Announcer } from './announcer.tsx';
import { Composer, type ComposerHandle } from './composer.tsx';
import { DownloadNotice } from './download-notice.tsx';
import { DownloadStatus } from './download-status.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Fault } from './fault.tsx';
import { Header, type PanelName } from './header.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { DownIcon } from './icons.tsx';
import { Landing } from './landing.tsx';
import { MessageList } from './message-list.tsx';
import { ModelPanel } from './model-panel.tsx';
import { PreferencesProvider, useMessages } from './preferences.tsx';
import { isAboutGraphics, Problem } from './problem.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import { useFileDrop } from './use-file-drop.ts';
import { useStickToEnd } from './use-stick-to-end.ts';

export type ChatAppProps = {
  readonly chat: Chat;
  readonly models: Models;
  readonly settings: SettingsStore;
  /** Where the demo model's file is. */
  readonly demoUrl: string;
  /** The page with licences and notices. */
  readonly licenceHref: string;
};

/** The whole chat page. */
export function ChatApp(props: ChatAppProps) {
  return (
    <PreferencesProvider settings={props.settings}>
      <ErrorBoundary fallback={<BrokenPage />}>
        <ChatPage {...props} />
      </ErrorBoundary>
    </PreferencesProvider>
  );
}

function ChatPage({ chat, models, demoUrl, licenceHref }: ChatAppProps) {
  const t = useMessages();
  const [panel, setPanel] = useState<PanelName>();
  const [refused, setRefused] = useState<{ readonly error: unknown }>();
  const composer = useRef<ComposerHandle>(null);
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const model = useStore(chat, (state) => state.model);
  const notReopened = useStore(chat, (state) => state.notReopened);
  const unsaved = useStore(chat, (state) => state.unsaved);
  const conversationId = useStore(chat, ({ conversation }) => conversation.id);
  const lastId = useStore(chat, ({ conversation }) => conversation.messages.at(-1)?.id);
  const empty = lastId === undefined;
  const { atEnd, toEnd } = useStickToEnd(scroller, content, !empty);
  const failed = model.phase === 'failed';
  const fit = failed ? fitOf(model.error) : undefined;
  const demo = model.phase === 'ready' ? model.demo : model.source.kind === 'demo';

  useEffect(() => {
    document.title = t.app.title;
  }, [t]);

  // A new turn, or another chat, is shown from its end, and a chat that has not begun from its beginning; writing can go
  // on at once. Phones would open the keyboard.
  useEffect(() => {
    if (lastId === undefined) scroller.current?.scrollTo(0, 0);
    else toEnd();
    if (!matchMedia('(pointer: coarse)').matches) composer.current?.focus();
  }, [conversationId, lastId, toEnd]);

  function load(source: ModelSource) {
    setRefused(undefined);
    setPanel(undefined);
    chat.loadModel(source);
  }
  const openFiles = (files: ModelFiles) => load({ kind: 'files', files });
  const useStored = ({ source, commit }: StoredModel) => {
    models.forgetArrived();
    load({ kind: 'stored', source, commit, fit: models.getState().fits[source] });
  };
  const loadFitting = (source: ModelSource, fit: Fit) => {
    if (source.kind === 'stored') models.setFit(source.source, fit);
    load({ ...source, fit });
  };
  const useDemo = () => load({ kind: 'demo', url: demoUrl });

  const dragging = useFileDrop((model) => {
    setRefused(undefined);
    model.then(openFiles, (error: unknown) => {
      // The page says so, and a panel would be in front of it.
      setPanel(undefined);
      setRefused({ error });
    });
  });

  return (
    <div className="tama-app" data-empty={empty}>
      <a className="tama-skip" href="#tama-composer">
        {t.app.skipToComposer}
      </a>
      <Header chat={chat} onOpen={setPanel} onNewChat={chat.newChat} />
      <main className="tama-main" ref={scroller} tabIndex={empty ? undefined : 0}>
        <div className="tama-column" ref={content}>
          {empty && !failed ? <Landing chat={chat} onExample={chat.send} onGet={() => setPanel('model')} /> : null}
          {empty ? null : <MessageList chat={chat} />}
          {failed ? (
            <Problem error={model.error}>
              <p className="tama-problem-actions">
                <button
                  type="button"
                  className="tama-button tama-button-main"
                  onClick={() => chat.loadModel(model.source)}
                >
                  {t.problem.retry}
                </button>
                {fit ? (
                  <button type="button" className="tama-button" onClick={() => loadFitting(model.source, fit)}>
                    {t.problem.loadFitting(fitText(fit, t))}
                  </button>
                ) : null}
                {isAboutGraphics(model.error) ? null : (
                  <>
                    {model.source.kind === 'demo' ? null : (
                      <button type="button" className="tama-button" onClick={useDemo}>
                        {t.problem.useDemo}
                      </button>
                    )}
                    <button type="button" className="tama-button" onClick={() => setPanel('model')}>
                      {t.problem.openOther}
                    </button>
                  </>
                )}
              </p>
            </Problem>
          ) : null}
        </div>
      </main>
      <footer className="tama-footer" id="tama-composer">
        <div className="tama-column">
          {atEnd || empty ? null : (
            <button type="button" className="tama-latest" onClick={toEnd}>
              <DownIcon /> {t.message.jumpToLatest}
            </button>
          )}
          {panel === 'model' ? null : (
            <DownloadNotice models={models} onShow={() => setPanel('model')} onUse={useStored} />
          )}
          {notReopened && !failed ? (
            <Fault error={notReopened.error} heading={t.problem.notReopened(notReopened.source.source)}>
              <p className="tama-buttons">
                <button type="button" className="tama-button" onClick={() => load(notReopened.source)}>
                  {t.problem.retry}
                </button>
                <button type="button" className="tama-button" onClick={chat.forgetNotReopened}>
                  {t.problem.dismissNotReopened}
                </button>
              </p>
            </Fault>
          ) : null}
          {unsaved ? (
            <p className="tama-fault" role="alert">
              {t.history.unsaved}
            </p>
          ) : null}
          {refused ? (
            <Fault error={refused.error}>
              <p className="tama-buttons">
                <button type="button" className="tama-button" onClick={() => setRefused(undefined)}>
                  {t.model.close}
                </button>
              </p>
            </Fault>
          ) : null}
          {/* Hidden, not gone: what was being written when loading failed is still there after the next try. */}
          <div hidden={failed}>
            <Composer chat={chat} demo={demo} ref={composer} />
          </div>
          {failed ? (
            <p className="tama-notice">
              <a href={licenceHref}>{t.model.licences}</a>
            </p>
          ) : (
            <p className="tama-notice">
              {demo ? t.demo.notice : t.own.notice}{' '}
              <button type="button" className="tama-link" onClick={() => setPanel('model')}>
                {demo ? t.demo.more : t.own.more}
              </button>
            </p>
          )}
        </div>
      </footer>
      <Announcer chat={chat} />
      {panel === 'model' ? null : <DownloadStatus models={models} />}
      {panel === 'model' ? (
        <ModelPanel
          chat={chat}
          models={models}
          licenceHref={licenceHref}
          onUseDemo={useDemo}
          onFiles={openFiles}
          onUse={useStored}
          onClose={() => setPanel(undefined)}
        />
      ) : null}
      {panel === 'settings' ? <SettingsPanel licenceHref={licenceHref} onClose={() => setPanel(undefined)} /> : null}
      {panel === 'history' ? <HistoryPanel chat={chat} onClose={() => setPanel(undefined)} /> : null}
      {dragging ? (
        <div className="tama-drop">
          <p>{t.model.dropHere}</p>
        </div>
      ) : null}
    </div>
  );
}

function BrokenPage() {
  const t = useMessages().problem;
  return (
    <main className="tama-broken" role="alert">
      <h1>{t.page}</h1>
      <p>{t.pageRemedy}</p>
      <button type="button" className="tama-button tama-button-main" onClick={() => location.reload()}>
        {t.reload}
      </button>
    </main>
  );
}
