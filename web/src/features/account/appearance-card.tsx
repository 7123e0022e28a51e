import { useTranslation } from 'react-i18next';
import { Card } from '@/components/ui/card';
import { ChoiceCard } from '@/components/ui/choice-card';
import { setTheme, themes, useTheme } from '@/lib/theme';

export function AppearanceCard() {
  const { t } = useTranslation();
  const theme = useTheme();
  return (
    <Card title={t('account.appearance')} description={t('account.appearanceDetail')}>
      <fieldset className="grid gap-2 sm:grid-cols-3">
        <legend className="sr-only">{t('account.theme.label')}</legend>
        {themes.map((choice) => (
          <ChoiceCard
            key={choice}
            name="theme"
            title={t(`account.theme.${choice}`)}
            checked={theme === choice}
            onChange={() => setTheme(choice)}
          />
        ))}
      </fieldset>
    </Card>
  );
}
