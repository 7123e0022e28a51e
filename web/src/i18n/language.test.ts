import i18next from 'i18next';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chooseBeforeSignIn, preferredLanguage, showLanguage, takeChoiceBeforeSignIn } from './language';

afterEach(async () => {
  vi.unstubAllGlobals();
  await showLanguage('en');
  localStorage.clear();
});

const speaking = (...tags: string[]) => vi.stubGlobal('navigator', { languages: tags });

describe('the language before sign-in', () => {
  it("is the first of the browser's that the console has", () => {
    speaking('de-DE', 'fr-CA', 'en-US');
    expect(preferredLanguage()).toBe('fr');
    speaking('ja');
    expect(preferredLanguage()).toBe('en');
  });

  it('is the last one used here, whatever the browser says', async () => {
    await showLanguage('fr');
    speaking('en-GB');
    expect(preferredLanguage()).toBe('fr');
  });
});

it('shows a language everywhere: words, document, next visit', async () => {
  await showLanguage('fr');
  expect(i18next.t('session.signIn')).toBe('Se connecter');
  expect(document.documentElement.lang).toBe('fr');
});

it('hands a choice made before sign-in to the account once', async () => {
  await chooseBeforeSignIn('fr');
  expect(takeChoiceBeforeSignIn()).toBe('fr');
  expect(takeChoiceBeforeSignIn()).toBeNull();
});
