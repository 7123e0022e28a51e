import { useQuery } from '@tanstack/react-query';
import { SearchX, UserPlus } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { SearchField } from '@/components/search-field';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { TableSkeleton } from '@/components/ui/skeleton';
import { Table } from '@/components/ui/table';
import { useCan, useMe } from '@/features/session/session';
import { formatSort, parseSort, sortRows } from '@/lib/sorting';
import { type Act, ActDialog } from './acts';
import { useUserColumns } from './columns';
import { CreateUserDialog } from './create-user-dialog';
import { usersQuery } from './queries';
import type { UsersSearch } from './search';

type UsersPageProps = { search: UsersSearch; onSearch: (change: UsersSearch) => void };

/** In an organization its members, with accounts made for them; in Personal, for the platform, everybody's accounts. */
export function UsersPage({ search, onSearch }: UsersPageProps) {
  const { t } = useTranslation();
  const me = useMe();
  const words = search.q ?? '';
  const query = useQuery(usersQuery(useDeferredValue(words.trim())));
  const canCreate = useCan('user.create');
  const [act, setAct] = useState<Act | null>(null);
  const columns = useUserColumns(setAct);
  const sort = parseSort(search.sort);
  const organization = me.current_organization_name;

  return (
    <Page
      title={t('users.title')}
      description={
        organization ? t('users.description.organization', { name: organization }) : t('users.description.platform')
      }
      actions={
        canCreate && (
          <Button variant="primary" onClick={() => onSearch({ create: true })}>
            <UserPlus aria-hidden />
            {t('users.create')}
          </Button>
        )
      }
    >
      <Card bodyClassName="p-0 sm:p-0">
        <div className="flex border-border border-b p-3">
          <SearchField label={t('users.find')} value={words} onChange={(q) => onSearch({ q: q || undefined })} />
        </div>
        <Loaded query={query} skeleton={<TableSkeleton />}>
          {({ items, complete }) =>
            items.length === 0 ? (
              <EmptyState icon={SearchX} title={t('common.nothingFound')} />
            ) : (
              <>
                <Table
                  caption={t('users.title')}
                  columns={columns}
                  rows={sortRows(items, columns, sort)}
                  rowKey={({ id }) => id}
                  sort={sort}
                  onSort={(next) => onSearch({ sort: formatSort(next) })}
                />
                {!complete && <p className="px-5 py-3 text-[13px] text-muted">{t('common.incomplete')}</p>}
              </>
            )
          }
        </Loaded>
      </Card>
      {canCreate && (
        <CreateUserDialog
          open={search.create ?? false}
          onOpenChange={(open) => onSearch({ create: open || undefined })}
        />
      )}
      {act && <ActDialog act={act} onClose={() => setAct(null)} />}
    </Page>
  );
}
