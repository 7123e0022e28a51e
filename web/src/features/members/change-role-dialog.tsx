import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Member } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/notice';
import { asRole, roleLabel } from '@/features/organizations/role';
import { reloadSession, useMe } from '@/features/session/session';
import { personName } from '@/lib/person-name';
import { toast } from '@/lib/toasts';
import { refreshMembers } from './queries';
import { RoleField } from './role-field';
import { Owners, WayOut } from './way-out';

export function ChangeRoleDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const [role, setRole] = useState(asRole(member.role));
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const name = personName(member);

  const change = async () => {
    setPending(true);
    setError(null);
    try {
      await api.PUT('/organizations/current/members/{user_id}', {
        params: { path: { user_id: member.user_id } },
        body: { role },
      });
      toast({ title: t('members.changed', { name, role: roleLabel(t, role) }) });
      onClose();
      if (member.user_id === me.id) await reloadSession(queries);
      await refreshMembers(queries);
    } catch (failure) {
      setError(failure);
    } finally {
      setPending(false);
    }
  };

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('members.changeTitle', { name })}
      description={t('members.changeDetail')}
    >
      <DialogBody className="grid gap-4">
        {error !== null && (
          <ProblemNotice error={error}>
            <WayOut error={error} />
          </ProblemNotice>
        )}
        {member.assignable_roles.length > 0 ? (
          <RoleField value={role} onChange={setRole} offered={member.assignable_roles} />
        ) : (
          <Notice tone="info" title={t('members.outOfReach')}>
            <Owners />
          </Notice>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button variant="primary" pending={pending} disabled={role === member.role} onClick={change}>
          {t('members.change')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
