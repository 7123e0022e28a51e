import { useQuery } from '@tanstack/react-query';
import { SearchX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { SearchField } from '@/components/search-field';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { TableSkeleton } from '@/components/ui/skeleton';
import { type Column, Table } from '@/components/ui/table';
import { useMe } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { personName } from '@/lib/person-name';
import { membersQuery } from './queries';
import { roleLabel } from './role';

export function MembersPage() {
  const { t } = useTranslation();
  const me = useMe();
  const query = useQuery(membersQuery);
  const columns = useColumns();
  const [words, setWords] = useState('');
  return (
    <Page
      title={t('organizations.members')}
      description={t('organizations.membersDetail', { name: me.current_organization_name ?? '' })}
    >
      <Card bodyClassName="p-0 sm:p-0">
        <div className="flex border-border border-b p-3">
          <SearchField label={t('organizations.findMember')} value={words} onChange={setWords} />
        </div>
        <Loaded query={query} skeleton={<TableSkeleton rows={3} />}>
          {({ items }) => {
            const rows = items.filter((member) =>
              `${personName(member)} ${member.email} ${member.username}`.toLowerCase().includes(words.toLowerCase()),
            );
            return rows.length === 0 ? (
              <EmptyState icon={SearchX} title={t('common.nothingFound')} />
            ) : (
              <Table
                caption={t('organizations.members')}
                columns={columns}
                rows={rows}
                rowKey={(member) => member.user_id}
              />
            );
          }}
        </Loaded>
      </Card>
    </Page>
  );
}

function useColumns(): Column<Member>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  return [
    {
      id: 'name',
      header: t('organizations.column.member'),
      cell: (member) => (
        <>
          <div className="flex items-center gap-2 font-medium">
            {personName(member)}
            {member.user_id === me.id && <Badge>{t('organizations.you')}</Badge>}
          </div>
          <div className="break-all text-[13px] text-muted">{member.email}</div>
        </>
      ),
    },
    {
      id: 'role',
      header: t('organizations.column.role'),
      cell: (member) => <Badge tone="info">{roleLabel(t, member.role)}</Badge>,
    },
    {
      id: 'joined',
      header: t('organizations.column.joined'),
      hideBelow: 'sm',
      cell: (member) => format.date(member.created_at),
    },
    {
      id: 'seen',
      header: t('organizations.column.seen'),
      hideBelow: 'md',
      cell: (member) => (member.last_seen_at ? format.ago(member.last_seen_at) : t('common.never')),
    },
  ];
}
