import { Ellipsis, Send, Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import { roleLabel } from '@/features/organizations/role';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { MailDelivery } from './delivery';
import { invitationStatusLabel, invitationTone, isOpen } from './status';

type Acts = { onResend: (invitation: Invitation) => void; onRevoke: (invitation: Invitation) => void };

export function useInvitationColumns(acts: Acts): Column<Invitation>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'email',
      header: t('invitations.column.email'),
      sortValue: (invitation) => invitation.email,
      cell: (invitation) => (
        <>
          <div className="wrap-anywhere font-medium sm:min-w-44">{invitation.email}</div>
          <div className="text-[13px] text-muted">
            {t('invitations.by', { name: invitation.invited_by_name, when: format.ago(invitation.created_at) })}
          </div>
        </>
      ),
    },
    {
      id: 'role',
      header: t('members.column.role'),
      sortValue: (invitation) => roleLabel(t, invitation.role),
      hideBelow: 'sm',
      cell: (invitation) => roleLabel(t, invitation.role),
    },
    {
      id: 'status',
      header: t('invitations.column.status'),
      sortValue: (invitation) => invitationStatusLabel(t, invitation.status),
      cell: (invitation) => (
        <>
          <Badge tone={invitationTone(invitation.status)} dot>
            {invitationStatusLabel(t, invitation.status)}
          </Badge>
          <MailDelivery invitation={invitation} />
        </>
      ),
    },
    {
      id: 'expires',
      header: t('invitations.column.expires'),
      sortValue: (invitation) => (isOpen(invitation.status) ? invitation.expires_at : null),
      hideBelow: 'md',
      cell: (invitation) => (isOpen(invitation.status) ? format.dateTime(invitation.expires_at) : '–'),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      headerHidden: true,
      align: 'right',
      cell: (invitation) => isOpen(invitation.status) && <RowActions invitation={invitation} {...acts} />,
    },
  ];
}

function RowActions({ invitation, onResend, onRevoke }: Acts & { invitation: Invitation }) {
  const { t } = useTranslation();
  const canResend = useCan('invitation.create');
  const canRevoke = useCan('invitation.revoke');
  if (!canResend && !canRevoke) return null;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={t('invitations.actions', { email: invitation.email })}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      {canResend && (
        <MenuItem onSelect={() => onResend(invitation)}>
          <Send aria-hidden />
          {t('invitations.resend')}
        </MenuItem>
      )}
      {canRevoke && (
        <MenuItem onSelect={() => onRevoke(invitation)}>
          <Undo2 aria-hidden />
          {t('invitations.revoke')}
        </MenuItem>
      )}
    </Menu>
  );
}
