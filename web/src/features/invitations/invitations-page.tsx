import { useQuery } from '@tanstack/react-query';
import { MailPlus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '@/api/shapes';
import { List } from '@/components/list/list';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { useCan, useMe } from '@/features/session/session';
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
      <List
        name="invitations"
        title={t('invitations.title')}
        columns={columns}
        rowKey={({ id }) => id}
        query={query}
        search={search}
        onSearch={onSearch}
        find={t('invitations.find')}
        textOf={searchable}
        filters={
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
        }
        filtered={search.status !== undefined}
        onClear={() => onSearch({ q: undefined, status: undefined })}
        empty={
          <EmptyState icon={MailPlus} title={t('invitations.none')} action={invite}>
            {t('invitations.noneDetail')}
          </EmptyState>
        }
      />
      {canInvite && (
        <InviteDialog open={search.create ?? false} onOpenChange={(open) => onSearch({ create: open || undefined })} />
      )}
      {revoking && <RevokeDialog invitation={revoking} onClose={() => setRevoking(null)} />}
      {link && <LinkDialog {...link} onClose={() => setLink(null)} />}
    </Page>
  );
}

function searchable({ email }: Invitation): string {
  return email.toLowerCase();
}
