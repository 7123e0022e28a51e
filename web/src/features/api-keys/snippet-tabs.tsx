import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from '@/components/code-block';
import { Tabs } from '@/components/ui/tabs';
import { chatModelsQuery } from '@/features/chat/queries';
import { snippet } from './snippets';

/** The first call with a key, in three languages, for a model that answers here. */
export function SnippetTabs({ secret }: { secret: string }) {
  const { t } = useTranslation();
  const models = useQuery(chatModelsQuery);
  const model = models.data?.items.find(({ is_ready }) => is_ready) ?? models.data?.items[0];
  const context = { baseUrl: `${window.location.origin}/v1`, key: secret, model: model?.id ?? 'MODEL' };
  return (
    <Tabs
      label={t('apiKeys.snippets')}
      tabs={(['curl', 'python', 'javascript'] as const).map((language) => ({
        value: language,
        label: t(`apiKeys.language.${language}`),
        content: <CodeBlock code={snippet(language, context)} label={t(`apiKeys.language.${language}`)} />,
      }))}
    />
  );
}
