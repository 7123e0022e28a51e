import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Download, ScrollText } from 'lucide-react';
import { useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/shapes';
import { List } from '@/components/list/list';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { useMe } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { useAuditColumns } from './columns';
import { EntryDialog, MissingEntryDialog } from './entry-dialog';
import { AuditFilters } from './filters';
import { auditEntryQuery, auditQuery } from './queries';
import { type AuditSearch, exportAddress, type AuditFilters as Filters, withoutEntry } from './search';

const nothing: Filters = {
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
  const format = useFormat();
  const me = useMe();
  const query = useInfiniteQuery(auditQuery(withoutEntry(useDeferredValue(search))));
  const searchedUntil = query.data?.searchedUntil;
  const columns = useAuditColumns(({ id, occurred_at }) => onSearch({ ...search, entry: id, at: occurred_at }));
  const filters = withoutEntry(search);
  const filtered = Object.values(filters).some((value) => value !== undefined);
  const organization = me.current_organization_name;

  return (
    <Page
      title={t('audit.title')}
      description={
        organization ? t('audit.description.organization', { name: organization }) : t('audit.description.platform')
      }
      actions={<ExportLinks filters={filters} workspace={me.current_organization_id ?? 'personal'} />}
    >
      <List
        name="audit"
        title={t('audit.title')}
        columns={columns}
        rowKey={({ id }) => id}
        query={query}
        search={{ q: search.q }}
        onSearch={({ q }) => onSearch({ ...search, q })}
        find={t('audit.find')}
        filters={
          <AuditFilters search={search} onSearch={onSearch} onClear={filtered ? () => onSearch(nothing) : undefined} />
        }
        filtered={filtered}
        onClear={() => onSearch(nothing)}
        empty={
          <EmptyState icon={ScrollText} title={t('audit.none')}>
            {t('audit.noneDetail')}
          </EmptyState>
        }
        more={
          query.hasNextPage && (
            <div className="flex flex-wrap items-center justify-center gap-3 border-border border-t p-3">
              {searchedUntil && (
                <p role="status" className="text-[13px] text-muted">
                  {t('audit.searchedUntil', { when: format.dateTime(searchedUntil) })}
                </p>
              )}
              <Button pending={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                {t(searchedUntil ? 'audit.searchOn' : 'audit.more')}
              </Button>
            </div>
          )
        }
      />
      {search.entry && query.data && (
        <OpenEntry
          id={search.entry}
          at={search.at}
          listed={query.data.items}
          onNarrow={onSearch}
          onClose={() => onSearch(filters)}
        />
      )}
    </Page>
  );
}

type OpenEntryProps = {
  id: string;
  at?: string;
  listed: AuditEntry[];
  onNarrow: (change: AuditSearch) => void;
  onClose: () => void;
};

/** The entry of the address: one of those on screen, or asked for. */
function OpenEntry({ id, at, listed, onNarrow, onClose }: OpenEntryProps) {
  const onScreen = listed.find((entry) => entry.id === id);
  const query = useQuery({ ...auditEntryQuery(id, at ?? ''), enabled: !onScreen && at !== undefined });
  const entry = onScreen ?? query.data;
  if (entry) return <EntryDialog entry={entry} onNarrow={onNarrow} onClose={onClose} />;
  if (query.isLoading) return null;
  return <MissingEntryDialog error={query.error} onClose={onClose} />;
}

function ExportLinks({ filters, workspace }: { filters: Filters; workspace: string }) {
  const { t } = useTranslation();
  return (['csv', 'jsonl'] as const).map((format) => (
    <Button key={format} asChild>
      <a href={exportAddress(filters, format, workspace)} download>
        <Download aria-hidden />
        {t(`audit.export.${format}`)}
      </a>
    </Button>
  ));
}
