import type { KeyboardEvent } from 'react';

/** What browsers report for a key that an input method has taken. */
const TAKEN_BY_INPUT_METHOD = 229;

/**
 * Whether the key belongs to an input method that is composing: Enter accepts its suggestion then, and Escape leaves it. Safari ends the
 * composition before it reports the key that ended it, so that only the old code of that key tells.
 */
export function isComposing({ nativeEvent }: Pick<KeyboardEvent, 'nativeEvent'>): boolean {
  return nativeEvent.isComposing || nativeEvent.keyCode === TAKEN_BY_INPUT_METHOD;
}

/** Enter that is meant as Enter: with Shift it breaks the line. */
export function isEnter(event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'nativeEvent'>): boolean {
  return event.key === 'Enter' && !event.shiftKey && !isComposing(event);
}
