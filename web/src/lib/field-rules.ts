import i18next from 'i18next';
import * as z from 'zod/mini';

/**
 * As long as the server takes a text, counted as it counts: in characters, of which JavaScript takes some for two. Fields don't cut what is
 * typed or pasted; who wrote too much is told so.
 */
export function atMostCharacters(max: number) {
  return z.check<string>((payload) => {
    if ([...payload.value].length <= max) return;
    const message = i18next.t('problems.limit.characters.atMost', { replace: { max: String(max) } });
    payload.issues.push({ code: 'too_big', origin: 'string', maximum: max, input: payload.value, message });
  });
}
