import type { TFunction } from 'i18next';
import { en } from '@/i18n/en';

type KnownAction = keyof typeof en.audit.action;
type Noun = keyof typeof en.audit.noun;

export const nouns = Object.keys(en.audit.noun) as Noun[];

/** An action in words; one this console doesn't know yet is shown as the server calls it. */
export function actionLabel(t: TFunction, action: string): string {
  const key = action.replaceAll('.', '_');
  return Object.hasOwn(en.audit.action, key) ? t(`audit.action.${key as KnownAction}`) : action;
}

export function nounLabel(t: TFunction, noun: string): string {
  return nouns.some((known) => known === noun) ? t(`audit.noun.${noun as Noun}`) : noun;
}

export function chainLabel(t: TFunction, chain: string): string {
  return Object.hasOwn(en.audit.chain, chain) ? t(`audit.chain.${chain as keyof typeof en.audit.chain}`) : chain;
}
