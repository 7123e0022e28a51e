import i18next, { type TFunction } from 'i18next';
import type { en } from '@/i18n/en';

type KnownAction = keyof typeof en.audit.action;
type Noun = keyof typeof en.audit.noun;

/** What acts are about, as far as there are words for it. */
export function nouns(): Noun[] {
  const words: typeof en | undefined = i18next.getResourceBundle(i18next.language, 'translation');
  return Object.keys(words?.audit.noun ?? {}) as Noun[];
}

/** An action in words; one this console doesn't know yet is shown as the server calls it. */
export function actionLabel(t: TFunction, action: string): string {
  const key = action.replaceAll('.', '_');
  return i18next.exists(`audit.action.${key}`) ? t(`audit.action.${key as KnownAction}`) : action;
}

export function nounLabel(t: TFunction, noun: string): string {
  return i18next.exists(`audit.noun.${noun}`) ? t(`audit.noun.${noun as Noun}`) : noun;
}

export function chainLabel(t: TFunction, chain: string): string {
  return i18next.exists(`audit.chain.${chain}`) ? t(`audit.chain.${chain as keyof typeof en.audit.chain}`) : chain;
}
