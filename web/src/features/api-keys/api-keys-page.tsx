import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keyStatuses } from '@/api/codes';
import { List } from '@/components/list/list';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { useCan } from '@/features/session/session';
import { searchWords } from '@/lib/search-words';
import { type KeyAct, useKeyColumns } from './columns';
import { CreateKeyDialog } from './create-key-dialog';
import { EditKeyDialog } from './edit-key-dialog';
import { apiKeySearchQuery } from './queries';
import { RevokeKeyDialog } from './revoke-key-dialog';
import { RotateKeyDialog } from './rotate-key-dialog';
import type { KeysSearch } from './search';
import { SnippetTabs } from './snippet-tabs';

type ApiKeysPageProps = { search: KeysSearch; onSearch: (change: KeysSearch) => void };

export function ApiKeysPage({ search, onSearch }: ApiKeysPageProps) {
  const { t } = useTranslation();
  const query = useQuery(apiKeySearchQuery(useDeferredValue(searchWords(search.q)), search.status));
  const canCreate = useCan('api_key.create');
  const [act, setAct] = useState<KeyAct | null>(null);
  const columns = useKeyColumns(setAct);
  const close = () => setAct(null);

  const create = canCreate && (
    <Button variant="primary" onClick={() => onSearch({ create: true })}>
      <Plus aria-hidden />
      {t('apiKeys.create')}
    </Button>
  );

  return (
    <Page title={t('apiKeys.title')} description={t('apiKeys.description')} actions={create}>
      <List
        name="api_keys"
        title={t('apiKeys.title')}
        columns={columns}
        rowKey={({ id }) => id}
        query={query}
        search={search}
        onSearch={onSearch}
        find={t('apiKeys.find')}
        filters={
          <Select
            aria-label={t('apiKeys.show')}
            className="w-auto"
            value={search.status ?? ''}
            onChange={({ target }) => onSearch({ status: keyStatuses.find((status) => status === target.value) })}
          >
            <option value="">{t('apiKeys.all')}</option>
            {keyStatuses.map((status) => (
              <option key={status} value={status}>
                {t(`apiKeys.status.${status}`, { count: query.data?.stats[status] ?? 0 })}
              </option>
            ))}
          </Select>
        }
        filtered={search.status !== undefined}
        onClear={() => onSearch({ q: undefined, status: undefined })}
        empty={
          <EmptyState icon={KeyRound} title={t('apiKeys.none')} action={create}>
            {canCreate ? t('apiKeys.noneDetail') : t('apiKeys.noneForReaders')}
          </EmptyState>
        }
      />
      <Card title={t('apiKeys.snippets')} description={t('apiKeys.snippetsDetail')}>
        <SnippetTabs secret="YOUR_API_KEY" />
      </Card>
      {canCreate && (
        <CreateKeyDialog
          open={search.create ?? false}
          onOpenChange={(open) => onSearch({ create: open || undefined })}
        />
      )}
      {act?.kind === 'edit' && <EditKeyDialog apiKey={act.apiKey} onClose={close} />}
      {act?.kind === 'rotate' && <RotateKeyDialog apiKey={act.apiKey} onClose={close} />}
      {act?.kind === 'revoke' && <RevokeKeyDialog apiKey={act.apiKey} onClose={close} />}
    </Page>
  );
}
