import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Member, User } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { OwnedOrganizations } from '@/features/account/owned-organizations';
import { ChangeRoleDialog } from '@/features/members/change-role-dialog';
import { refreshMembers } from '@/features/members/queries';
import { RemoveDialog } from '@/features/members/remove-dialog';
import { asRole } from '@/features/organizations/role';
import { personName } from '@/lib/person-name';
import { toast } from '@/lib/toasts';
import { EditUserDialog } from './edit-user-dialog';

type AccountAct = 'grant_admin' | 'revoke_admin' | 'disable' | 'enable' | 'remove_factors' | 'close';
export type Act = { kind: AccountAct | 'edit' | 'role' | 'remove'; user: User };

/** What was chosen for a user: in an organization the acts on members, for the platform those on accounts, which always ask. */
export function ActDialog({ act, onClose }: { act: Act; onClose: () => void }) {
  const { kind, user } = act;
  if (kind === 'edit') return <EditUserDialog user={user} onClose={onClose} />;
  if (kind === 'role') return <ChangeRoleDialog member={asMember(user)} onClose={onClose} />;
  if (kind === 'remove') return <RemoveDialog member={asMember(user)} onClose={onClose} />;
  return <AccountActDialog kind={kind} user={user} onClose={onClose} />;
}

function asMember(user: User): Member {
  return { ...user, user_id: user.id, role: asRole(user.role ?? '') };
}

const changes = {
  grant_admin: { platform_role: 'admin' },
  revoke_admin: { platform_role: 'user' },
  disable: { disabled: true },
  enable: { disabled: false },
} as const;

type AccountActDialogProps = { kind: AccountAct; user: User; onClose: () => void };

function AccountActDialog({ kind, user, onClose }: AccountActDialogProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const name = personName(user);
  const params = { path: { id: user.id } };

  const confirm = async () => {
    if (kind === 'close') await api.DELETE('/users/{id}', { params });
    else if (kind === 'remove_factors') await api.DELETE('/users/{id}/second-factors', { params });
    else await api.PUT('/users/{id}', { params, body: changes[kind] });
    await refreshMembers(queries);
    toast({ title: t(`users.actDone.${kind}`, { name }) });
  };

  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t(`users.actTitle.${kind}`, { name })}
      confirmLabel={t(`users.act.${kind}`)}
      typeToConfirm={kind === 'close' ? user.email : undefined}
      onConfirm={confirm}
      wayOut={(error) => <OwnedOrganizations error={error} />}
    >
      {t(`users.actDetail.${kind}`)}
    </ConfirmDialog>
  );
}
