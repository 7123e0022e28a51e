import { useTranslation } from 'react-i18next';
import { Card } from '@/components/ui/card';
import { ChoiceCard } from '@/components/ui/choice-card';
import { languageNames, languages } from '@/i18n/language';
import { useChooseLanguage } from './use-choose-language';

export function LanguageCard() {
  const { t, i18n } = useTranslation();
  const choose = useChooseLanguage();
  return (
    <Card title={t('account.language')} description={t('account.languageDetail')}>
      <fieldset className="grid gap-2 sm:grid-cols-3" disabled={choose.isPending}>
        <legend className="sr-only">{t('account.language')}</legend>
        {languages.map((language) => (
          <ChoiceCard
            key={language}
            name="language"
            lang={language}
            title={languageNames[language]}
            checked={i18n.language === language}
            onChange={() => choose.mutate(language)}
          />
        ))}
      </fieldset>
    </Card>
  );
}
