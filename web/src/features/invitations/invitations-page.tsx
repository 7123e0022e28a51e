import { useQuery } from '@tanstack/react-query';
import { MailPlus, SearchX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { SearchField } from '@/components/search-field';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { TableSkeleton } from '@/components/ui/skeleton';
import { Table } from '@/components/ui/table';
import { useCan, useMe } from '@/features/session/session';
import { formatSort, parseSort, sortRows } from '@/lib/sorting';
import { useInvitationColumns } from './columns';
import { InviteDialog } from './invite-dialog';
import { LinkDialog } from './link-dialog';
import { invitationsQuery } from './queries';
import { RevokeDialog } from './revoke-dialog';
import type { InvitationsSearch } from './search';
import { invitationStatuses } from './status';
import { useResend } from './use-resend';

type InvitationsPageProps = { search: InvitationsSearch; onSearch: (change: InvitationsSearch) => void };

export function InvitationsPage({ search, onSearch }: InvitationsPageProps) {
  const { t } = useTranslation();
  const me = useMe();
  const canInvite = useCan('invitation.create');
  const query = useQuery(invitationsQuery(search.status));
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const [link, setLink] = useState<{ email: string; link: string } | null>(null);
  const resend = useResend(setLink);
  const columns = useInvitationColumns({ onResend: resend.mutate, onRevoke: setRevoking });
  const words = search.q ?? '';
  const sort = parseSort(search.sort);
  const filtered = search.status !== undefined || words !== '';

  const invite = canInvite && (
    <Button variant="primary" onClick={() => onSearch({ create: true })}>
      <MailPlus aria-hidden />
      {t('invitations.create')}
    </Button>
  );

  return (
    <Page
      title={t('invitations.title')}
      description={t('invitations.description', { name: me.current_organization_name ?? '' })}
      actions={invite}
    >
      <Card bodyClassName="p-0 sm:p-0">
        <div className="flex flex-wrap gap-3 border-border border-b p-3">
          <SearchField label={t('invitations.find')} value={words} onChange={(q) => onSearch({ q: q || undefined })} />
          <Select
            aria-label={t('invitations.show')}
            className="w-auto"
            value={search.status ?? ''}
            onChange={(event) =>
              onSearch({ status: invitationStatuses.find((status) => status === event.target.value) })
            }
          >
            <option value="">{t('invitations.all')}</option>
            {invitationStatuses.map((status) => (
              <option key={status} value={status}>
                {t(`invitations.status.${status}`)}
              </option>
            ))}
          </Select>
        </div>
        <Loaded query={query} skeleton={<TableSkeleton rows={3} />}>
          {({ items, complete }) => {
            const found = items.filter(({ email }) => email.includes(words.toLowerCase()));
            if (found.length === 0 && filtered) {
              return (
                <EmptyState
                  icon={SearchX}
                  title={t('common.nothingFound')}
                  action={
                    <Button onClick={() => onSearch({ q: undefined, status: undefined })}>
                      {t('common.clearFilters')}
                    </Button>
                  }
                />
              );
            }
            if (found.length === 0) {
              return (
                <EmptyState icon={MailPlus} title={t('invitations.none')} action={invite}>
                  {t('invitations.noneDetail')}
                </EmptyState>
              );
            }
            return (
              <>
                <Table
                  caption={t('invitations.title')}
                  columns={columns}
                  rows={sortRows(found, columns, sort)}
                  rowKey={({ id }) => id}
                  sort={sort}
                  onSort={(next) => onSearch({ sort: formatSort(next) })}
                />
                {!complete && <p className="px-5 py-3 text-[13px] text-muted">{t('common.incomplete')}</p>}
              </>
            );
          }}
        </Loaded>
      </Card>
      {canInvite && (
        <InviteDialog open={search.create ?? false} onOpenChange={(open) => onSearch({ create: open || undefined })} />
      )}
      {revoking && <RevokeDialog invitation={revoking} onClose={() => setRevoking(null)} />}
      {link && <LinkDialog {...link} onClose={() => setLink(null)} />}
    </Page>
  );
}
