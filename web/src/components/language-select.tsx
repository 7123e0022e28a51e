import { useTranslation } from 'react-i18next';
import { chooseBeforeSignIn, isLanguage, languageNames, languages } from '@/i18n/language';
import { Select } from './ui/field';

/** The language of the pages that are shown before anybody signed in. */
export function LanguageSelect() {
  const { t, i18n } = useTranslation();
  return (
    <Select
      aria-label={t('account.language')}
      className="w-auto"
      value={i18n.language}
      onChange={(event) => isLanguage(event.target.value) && void chooseBeforeSignIn(event.target.value)}
    >
      {languages.map((language) => (
        <option key={language} value={language} lang={language}>
          {languageNames[language]}
        </option>
      ))}
    </Select>
  );
}
