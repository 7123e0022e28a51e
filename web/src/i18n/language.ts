import i18next from 'i18next';

export const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

/** Each in its own words, so that everybody finds theirs. */
export const languageNames: Record<Language, string> = { en: 'English', fr: 'Français' };

const KEY = 'inventiv.language';
const fetchWords: Record<Language, () => Promise<object>> = {
  en: () => import('./en').then((module) => module.en),
  fr: () => import('./fr').then((module) => module.fr),
};

export function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language === value);
}

/** The language before anybody signed in: the last one used in this browser, else the first of the browser's that we have. */
export function preferredLanguage(): Language {
  const remembered = readRemembered();
  if (isLanguage(remembered)) return remembered;
  const spoken = navigator.languages?.map((tag) => tag.toLowerCase().split('-')[0]) ?? [];
  return spoken.find(isLanguage) ?? 'en';
}

/** Shows the console in a language and remembers it in this browser. Does nothing when it is shown already. */
export async function showLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) {
    i18next.addResourceBundle(language, 'translation', await fetchWords[language]());
  }
  if (i18next.language !== language) await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  remember(language);
}

let chosenBeforeSignIn: Language | null = null;

/** A choice of somebody who isn't signed in yet; it becomes part of their account when they do. */
export async function chooseBeforeSignIn(language: Language): Promise<void> {
  chosenBeforeSignIn = language;
  await showLanguage(language);
}

export function hasChosenBeforeSignIn(): boolean {
  return chosenBeforeSignIn !== null;
}

/** That choice, once. */
export function takeChoiceBeforeSignIn(): Language | null {
  const choice = chosenBeforeSignIn;
  chosenBeforeSignIn = null;
  return choice;
}

function readRemembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Storage can be blocked; the browser's own language then decides next time.
  }
}
