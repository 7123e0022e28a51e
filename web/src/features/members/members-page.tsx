import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeftRight, Ellipsis, LogOut, MailPlus, ShieldCheck, UserMinus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { List } from '@/components/list/list';
import { Page } from '@/components/page';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import { roleLabel } from '@/features/organizations/role';
import { useCan, useMe } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { personName } from '@/lib/person-name';
import { ChangeRoleDialog } from './change-role-dialog';
import { useLastSeen } from './last-seen';
import { LeaveDialog } from './leave-dialog';
import { membersQuery } from './queries';
import { RemoveDialog } from './remove-dialog';
import type { MembersSearch } from './search';
import { TransferDialog } from './transfer-dialog';

type Act = { kind: 'change' | 'remove'; member: Member } | { kind: 'leave' };

type MembersPageProps = { search: MembersSearch; onSearch: (change: MembersSearch) => void };

export function MembersPage({ search, onSearch }: MembersPageProps) {
  const { t } = useTranslation();
  const me = useMe();
  const query = useQuery(membersQuery);
  const [act, setAct] = useState<Act | null>(null);
  const canTransfer = useCanTransfer();
  const columns = useColumns(setAct);
  const close = () => setAct(null);

  return (
    <Page
      title={t('members.title')}
      description={t('members.description', { name: me.current_organization_name ?? '' })}
      actions={<PageActions onAct={setAct} onTransfer={() => onSearch({ dialog: 'transfer' })} />}
    >
      <List
        name="members"
        title={t('members.title')}
        columns={columns}
        rowKey={(member) => member.user_id}
        query={query}
        search={search}
        onSearch={onSearch}
        find={t('members.find')}
        textOf={searchable}
        usualSort="name"
      />
      {act?.kind === 'change' && <ChangeRoleDialog member={act.member} onClose={close} />}
      {act?.kind === 'remove' && <RemoveDialog member={act.member} onClose={close} />}
      {act?.kind === 'leave' && <LeaveDialog onClose={close} />}
      {search.dialog === 'transfer' && canTransfer && query.data && (
        <TransferDialog members={query.data.items} onClose={() => onSearch({ dialog: undefined })} />
      )}
    </Page>
  );
}

function searchable(member: Member): string {
  return `${personName(member)} ${member.email} ${member.username}`.toLowerCase();
}

/** Whoever may delete the organization may hand it over. */
function useCanTransfer(): boolean {
  return useCan('organization.delete');
}

type PageActionsProps = { onAct: (act: Act) => void; onTransfer: () => void };

function PageActions({ onAct, onTransfer }: PageActionsProps): ReactNode {
  const { t } = useTranslation();
  const canTransfer = useCanTransfer();
  const canLeave = useCan('member.leave');
  const canInvite = useCan('invitation.create');
  return (
    <>
      {canLeave && (
        <Button onClick={() => onAct({ kind: 'leave' })}>
          <LogOut aria-hidden />
          {t('members.leave')}
        </Button>
      )}
      {canTransfer && (
        <Button onClick={onTransfer}>
          <ArrowLeftRight aria-hidden />
          {t('members.transfer')}
        </Button>
      )}
      {canInvite && (
        <Button variant="primary" asChild>
          <Link to="/organization/invitations" search={{ create: true }}>
            <MailPlus aria-hidden />
            {t('invitations.create')}
          </Link>
        </Button>
      )}
    </>
  );
}

function RowActions({ member, onAct }: { member: Member; onAct: (act: Act) => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const canAssign = useCan('member.assign_role');
  const canRemove = useCan('member.remove');
  const canLeave = useCan('member.leave');
  const mine = member.user_id === me.id;
  if (!canAssign && !canRemove && !(mine && canLeave)) return null;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={t('members.actions', { name: personName(member) })}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      {canAssign && (
        <MenuItem onSelect={() => onAct({ kind: 'change', member })}>
          <ShieldCheck aria-hidden />
          {t('members.change')}
        </MenuItem>
      )}
      {canRemove && !mine && (
        <MenuItem onSelect={() => onAct({ kind: 'remove', member })}>
          <UserMinus aria-hidden />
          {t('members.remove')}
        </MenuItem>
      )}
      {canLeave && mine && (
        <MenuItem onSelect={() => onAct({ kind: 'leave' })}>
          <LogOut aria-hidden />
          {t('members.leave')}
        </MenuItem>
      )}
    </Menu>
  );
}

function useColumns(onAct: (act: Act) => void): Column<Member>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const lastSeen = useLastSeen();
  const me = useMe();
  return [
    {
      id: 'name',
      header: t('members.column.member'),
      sortValue: personName,
      cell: (member) => (
        <div className="sm:min-w-44">
          <div className="flex flex-wrap items-center gap-x-2 font-medium">
            <span className="wrap-anywhere">{personName(member)}</span>
            {member.user_id === me.id && <Badge>{t('members.you')}</Badge>}
          </div>
          <div className="wrap-anywhere text-[13px] text-muted">{member.email}</div>
        </div>
      ),
    },
    {
      id: 'role',
      header: t('members.column.role'),
      sortValue: (member) => roleLabel(t, member.role),
      cell: (member) => <Badge tone="info">{roleLabel(t, member.role)}</Badge>,
    },
    {
      id: 'joined',
      header: t('members.column.joined'),
      hideBelow: 'sm',
      sortValue: (member) => member.created_at,
      cell: (member) => <span className="whitespace-nowrap">{format.date(member.created_at)}</span>,
    },
    {
      id: 'seen',
      header: t('members.column.seen'),
      hideBelow: 'md',
      sortValue: (member) => (member.user_id === me.id ? new Date().toISOString() : (member.last_seen_at ?? null)),
      cell: (member) => lastSeen(member.user_id, member.last_seen_at),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      headerHidden: true,
      align: 'right',
      cell: (member) => <RowActions member={member} onAct={onAct} />,
    },
  ];
}
