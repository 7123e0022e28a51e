import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus, SearchX } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { SearchField } from '@/components/search-field';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { TableSkeleton } from '@/components/ui/skeleton';
import { Table } from '@/components/ui/table';
import { useCan } from '@/features/session/session';
import { formatSort, parseSort, sortRows } from '@/lib/sorting';
import { type KeyAct, useKeyColumns } from './columns';
import { CreateKeyDialog } from './create-key-dialog';
import { EditKeyDialog } from './edit-key-dialog';
import { keyStatuses } from './key-state';
import { apiKeySearchQuery } from './queries';
import { RevokeKeyDialog } from './revoke-key-dialog';
import { RotateKeyDialog } from './rotate-key-dialog';
import type { KeysSearch } from './search';
import { SnippetTabs } from './snippet-tabs';

type ApiKeysPageProps = { search: KeysSearch; onSearch: (change: KeysSearch) => void };

export function ApiKeysPage({ search, onSearch }: ApiKeysPageProps) {
  const { t } = useTranslation();
  const words = search.q ?? '';
  const query = useQuery(apiKeySearchQuery(useDeferredValue(words.trim()), search.status));
  const canCreate = useCan('api_key.create');
  const [act, setAct] = useState<KeyAct | null>(null);
  const columns = useKeyColumns(setAct);
  const sort = parseSort(search.sort);
  const filtered = search.status !== undefined || words !== '';
  const close = () => setAct(null);

  const create = canCreate && (
    <Button variant="primary" onClick={() => onSearch({ create: true })}>
      <Plus aria-hidden />
      {t('apiKeys.create')}
    </Button>
  );
  const clear = (
    <Button onClick={() => onSearch({ q: undefined, status: undefined })}>{t('common.clearFilters')}</Button>
  );

  return (
    <Page title={t('apiKeys.title')} description={t('apiKeys.description')} actions={create}>
      <Card bodyClassName="p-0 sm:p-0">
        <div className="flex flex-wrap gap-3 border-border border-b p-3">
          <SearchField label={t('apiKeys.find')} value={words} onChange={(q) => onSearch({ q: q || undefined })} />
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
        </div>
        <Loaded query={query} skeleton={<TableSkeleton rows={3} />}>
          {({ items, total }) => {
            if (items.length === 0 && filtered)
              return <EmptyState icon={SearchX} title={t('common.nothingFound')} action={clear} />;
            if (items.length === 0) {
              return (
                <EmptyState icon={KeyRound} title={t('apiKeys.none')} action={create}>
                  {canCreate ? t('apiKeys.noneDetail') : t('apiKeys.noneForReaders')}
                </EmptyState>
              );
            }
            return (
              <>
                <Table
                  caption={t('apiKeys.title')}
                  columns={columns}
                  rows={sortRows(items, columns, sort)}
                  rowKey={(key) => key.id}
                  sort={sort}
                  onSort={(next) => onSearch({ sort: formatSort(next) })}
                />
                {items.length < total && <p className="px-5 py-3 text-[13px] text-muted">{t('common.incomplete')}</p>}
              </>
            );
          }}
        </Loaded>
      </Card>
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
