type KeyLike = Pick<KeyboardEvent, 'isComposing' | 'keyCode'>;

/**
 * True while an input method (Japanese, Chinese, …) owns the key: Enter then confirms a conversion and Escape takes it
 * back. Safari ends the composition before the keydown that ended it, so that only key code 229 tells; it is asked
 * before `preventDefault`, in every field.
 */
export function isComposing(event: KeyLike): boolean {
  return event.isComposing || event.keyCode === 229;
}

type SendKeyLike = KeyLike & Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** Whether this key press sends: Enter alone, or Enter with Ctrl or Command, as the settings say. */
export function wantsToSend(event: SendKeyLike, sendKey: 'enter' | 'mod-enter'): boolean {
  if (event.key !== 'Enter' || isComposing(event) || event.shiftKey || event.altKey) return false;
  return sendKey === 'enter' || event.ctrlKey || event.metaKey;
}
