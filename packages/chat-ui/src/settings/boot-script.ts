import { settingsKey } from './settings-store.ts';

/**
 * A script for the head of a static page, which is in English and light: it sets language and theme before anything
 * is drawn, and hides the text from readers of another language until theirs is there.
 */
export const bootScript = `(function (root) {
  var settings = {};
  try { settings = JSON.parse(localStorage.getItem('${settingsKey}')) || {}; } catch (error) {}
  if (settings.theme === 'dark' || settings.theme === 'light') root.dataset.theme = settings.theme;
  var wanted = settings.locale === 'en' || settings.locale === 'ja' ? [settings.locale] : navigator.languages;
  var known = wanted.map(function (tag) { return tag.toLowerCase().split('-')[0]; })
    .filter(function (language) { return language === 'en' || language === 'ja'; });
  if (known[0] === 'ja') { root.lang = 'ja'; root.dataset.pending = ''; }
})(document.documentElement);`;
