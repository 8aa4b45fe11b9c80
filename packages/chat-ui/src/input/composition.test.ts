import { describe, expect, it } from 'vitest';
import { isComposing, wantsToSend } from './composition.ts';

const key = (changes: Partial<KeyboardEvent> = {}) => ({
  key: 'Enter',
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...changes,
});

describe('isComposing', () => {
  it('is true during a composition, as Chrome and Firefox tell it', () => {
    expect(isComposing(key({ isComposing: true, keyCode: 229 }))).toBe(true);
  });
  it('is true for the Enter that ends one in Safari, which says it is over', () => {
    expect(isComposing(key({ isComposing: false, keyCode: 229 }))).toBe(true);
  });
  it('is false for a plain key', () => {
    expect(isComposing(key())).toBe(false);
  });
});

describe('wantsToSend', () => {
  it.each([
    ['Enter', {}, true, false],
    ['Ctrl+Enter', { ctrlKey: true }, true, true],
    ['Command+Enter', { metaKey: true }, true, true],
    ['Shift+Enter', { shiftKey: true }, false, false],
    ['Alt+Enter', { altKey: true }, false, false],
    ['Enter in a composition', { isComposing: true }, false, false],
    ['Ctrl+Enter in a composition', { isComposing: true, ctrlKey: true }, false, false],
    ['Enter that ends one in Safari', { keyCode: 229 }, false, false],
    ['a letter', { key: 'a', keyCode: 65 }, false, false],
  ])('%s', (_, changes, withEnter, withModEnter) => {
    expect(wantsToSend(key(changes), 'enter')).toBe(withEnter);
    expect(wantsToSend(key(changes), 'mod-enter')).toBe(withModEnter);
  });
});
