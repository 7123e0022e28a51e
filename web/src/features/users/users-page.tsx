import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { List } from '@/components/list/list';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { useCan, useMe } from '@/features/session/session';
import { searchWords } from '@/lib/search-words';
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
  const query = useQuery(usersQuery(useDeferredValue(searchWords(search.q))));
  const canCreate = useCan('user.create');
  const [act, setAct] = useState<Act | null>(null);
  const columns = useUserColumns(setAct);
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
      <List
        name="users"
        title={t('users.title')}
        columns={columns}
        rowKey={({ id }) => id}
        query={query}
        search={search}
        onSearch={onSearch}
        find={t('users.find')}
      />
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
