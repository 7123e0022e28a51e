import { api, body } from '@/api/client';
import type { Me } from '@/api/shapes';
import { takeChoiceBeforeSignIn } from '@/i18n/language';

/** Writes the language that was chosen just before signing in into the account. Signing in doesn't fail with it. */
export async function keepChosenLanguage(me: Me): Promise<Me> {
  const locale = takeChoiceBeforeSignIn();
  if (!locale || locale === me.locale) return me;
  return body(api.PUT('/auth/me', { body: { locale } })).catch(() => me);
}
