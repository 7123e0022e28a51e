import { useInfiniteQuery } from '@tanstack/react-query';
import { Download, ScrollText, SearchX } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { TableSkeleton } from '@/components/ui/skeleton';
import { Table } from '@/components/ui/table';
import { useMe } from '@/features/session/session';
import { useAuditColumns } from './columns';
import { EntryDialog } from './entry-dialog';
import { AuditFilters } from './filters';
import { auditQuery } from './queries';
import { type AuditSearch, exportAddress } from './search';

const nothing: AuditSearch = {
  q: undefined,
  noun: undefined,
  from: undefined,
  to: undefined,
  actor: undefined,
  target: undefined,
};

type AuditPageProps = { search: AuditSearch; onSearch: (change: AuditSearch) => void };

export function AuditPage({ search, onSearch }: AuditPageProps) {
  const { t } = useTranslation();
  const me = useMe();
  const query = useInfiniteQuery(auditQuery(useDeferredValue(search)));
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const columns = useAuditColumns(setShown);
  const filtered = Object.values(search).some((value) => value !== undefined);
  const organization = me.current_organization_name;
  const narrow = (change: AuditSearch) => {
    setShown(null);
    onSearch(change);
  };

  return (
    <Page
      title={t('audit.title')}
      description={
        organization ? t('audit.description.organization', { name: organization }) : t('audit.description.platform')
      }
      actions={<ExportLinks search={search} workspace={me.current_organization_id ?? 'personal'} />}
    >
      <Card bodyClassName="p-0 sm:p-0">
        <AuditFilters search={search} onSearch={onSearch} onClear={filtered ? () => onSearch(nothing) : undefined} />
        <Loaded query={query} skeleton={<TableSkeleton />}>
          {({ pages }) => {
            const entries = pages.flatMap(({ items }) => items);
            if (entries.length === 0) {
              return filtered ? (
                <EmptyState
                  icon={SearchX}
                  title={t('common.nothingFound')}
                  action={<Button onClick={() => onSearch(nothing)}>{t('common.clearFilters')}</Button>}
                />
              ) : (
                <EmptyState icon={ScrollText} title={t('audit.none')}>
                  {t('audit.noneDetail')}
                </EmptyState>
              );
            }
            return (
              <>
                <Table caption={t('audit.title')} columns={columns} rows={entries} rowKey={({ id }) => id} />
                {query.hasNextPage && (
                  <div className="flex justify-center border-border border-t p-3">
                    <Button pending={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                      {t('audit.more')}
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </Loaded>
      </Card>
      {shown && <EntryDialog entry={shown} onNarrow={narrow} onClose={() => setShown(null)} />}
    </Page>
  );
}

function ExportLinks({ search, workspace }: { search: AuditSearch; workspace: string }) {
  const { t } = useTranslation();
  return (['csv', 'jsonl'] as const).map((format) => (
    <Button key={format} asChild>
      <a href={exportAddress(search, format, workspace)} download>
        <Download aria-hidden />
        {t(`audit.export.${format}`)}
      </a>
    </Button>
  ));
}
