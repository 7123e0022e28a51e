import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { en } from './en';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}

// Words are fetched by `showLanguage`, in the language that is read and no other.
void i18next.use(initReactI18next).init({
  fallbackLng: false,
  resources: {},
  interpolation: { escapeValue: false },
  initAsync: false,
  showSupportNotice: false,
});
