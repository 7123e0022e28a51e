import type { ComponentProps } from 'react';
import { Select } from '@/components/ui/field';
import { languageNames, languages } from '@/i18n/language';

/** The languages an account can have, each in its own words. A field passes its id to whatever control it holds. */
export function LanguageOptions(props: ComponentProps<'select'>) {
  return (
    <Select {...props}>
      {languages.map((language) => (
        <option key={language} value={language} lang={language}>
          {languageNames[language]}
        </option>
      ))}
    </Select>
  );
}
