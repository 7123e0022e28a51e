import { Ban, CircleCheck, Ellipsis, KeyRound, Pencil, ShieldCheck, ShieldOff, UserMinus, UserX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { User } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import { useLastSeen } from '@/features/members/last-seen';
import { roleLabel } from '@/features/organizations/role';
import { useCan, useMe } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { personName } from '@/lib/person-name';
import type { Act } from './acts';

export function useUserColumns(onAct: (act: Act) => void): Column<User>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const lastSeen = useLastSeen();
  const me = useMe();
  const inOrganization = me.current_organization_id != null;
  return [
    {
      id: 'name',
      header: t('users.column.person'),
      sortValue: personName,
      cell: (user) => (
        <div className="sm:min-w-44">
          <div className="flex flex-wrap items-center gap-x-2 font-medium">
            <span className="wrap-anywhere">{personName(user)}</span>
            {user.id === me.id && <Badge>{t('members.you')}</Badge>}
          </div>
          <div className="wrap-anywhere text-[13px] text-muted">{user.email}</div>
        </div>
      ),
    },
    {
      id: 'role',
      header: inOrganization ? t('members.column.role') : t('users.column.state'),
      sortValue: (user) =>
        user.role ? roleLabel(t, user.role) : t(user.disabled_at ? 'users.disabled' : 'users.active'),
      cell: (user) =>
        user.role ? <Badge tone="info">{roleLabel(t, user.role)}</Badge> : <AccountBadges user={user} />,
    },
    {
      id: 'seen',
      header: t('members.column.seen'),
      hideBelow: 'md',
      sortValue: (user) => (user.id === me.id ? new Date().toISOString() : (user.last_seen_at ?? null)),
      cell: (user) => lastSeen(user.id, user.last_seen_at),
    },
    {
      id: 'created',
      header: t('users.column.created'),
      hideBelow: 'md',
      sortValue: (user) => user.created_at,
      cell: (user) => <span className="whitespace-nowrap">{format.date(user.created_at)}</span>,
    },
    {
      id: 'actions',
      header: t('common.actions'),
      headerHidden: true,
      align: 'right',
      cell: (user) => <RowActions user={user} inOrganization={inOrganization} onAct={onAct} />,
    },
  ];
}

function AccountBadges({ user }: { user: User }) {
  const { t } = useTranslation();
  return (
    <span className="flex flex-wrap gap-1.5">
      <Badge tone={user.disabled_at ? 'danger' : 'success'} dot>
        {user.disabled_at ? t('users.disabled') : t('users.active')}
      </Badge>
      {user.platform_role === 'admin' && <Badge tone="info">{t('users.platformAdmin')}</Badge>}
    </span>
  );
}

type RowActionsProps = { user: User; inOrganization: boolean; onAct: (act: Act) => void };

function RowActions({ user, inOrganization, onAct }: RowActionsProps) {
  const { t } = useTranslation();
  const canUpdate = useCan('user.update');
  const canDelete = useCan('user.delete');
  const canRemoveFactors = useCan('user.remove_second_factors');
  const item = (kind: Act['kind'], Icon: typeof Ban, words: string) => (
    <MenuItem onSelect={() => onAct({ kind, user })}>
      <Icon aria-hidden />
      {words}
    </MenuItem>
  );
  if (!canUpdate && !canDelete) return null;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={t('members.actions', { name: personName(user) })}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      {inOrganization ? (
        <>
          {canUpdate && item('role', ShieldCheck, t('members.change'))}
          {canDelete && item('remove', UserMinus, t('members.remove'))}
        </>
      ) : (
        <>
          {canUpdate && item('edit', Pencil, t('users.edit'))}
          {canUpdate &&
            (user.platform_role === 'admin'
              ? item('revoke_admin', ShieldOff, t('users.act.revoke_admin'))
              : item('grant_admin', ShieldCheck, t('users.act.grant_admin')))}
          {canUpdate &&
            (user.disabled_at
              ? item('enable', CircleCheck, t('users.act.enable'))
              : item('disable', Ban, t('users.act.disable')))}
          {canRemoveFactors && item('remove_factors', KeyRound, t('users.act.remove_factors'))}
          {canDelete && item('close', UserX, t('users.act.close'))}
        </>
      )}
    </Menu>
  );
}
