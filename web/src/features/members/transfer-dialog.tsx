import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Member } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Select } from '@/components/ui/field';
import { asRole, roleLabel, roles } from '@/features/organizations/role';
import { reloadSession, useMe } from '@/features/session/session';
import { personName } from '@/lib/person-name';
import { toast } from '@/lib/toasts';
import { refreshMembers } from './queries';

type TransferDialogProps = { members: Member[]; onClose: () => void };

/** Makes another member the owner and gives up one's own ownership, in one act. */
export function TransferDialog({ members, onClose }: TransferDialogProps) {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const heirs = members.filter(({ user_id }) => user_id !== me.id);
  const [heirId, setHeirId] = useState('');
  const [keepRole, setKeepRole] = useState('admin');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const heir = heirs.find(({ user_id }) => user_id === heirId);

  const transfer = async () => {
    if (!heir) return;
    setPending(true);
    setError(null);
    try {
      await api.POST('/organizations/current/transfer_ownership', {
        body: { user_id: heir.user_id, keep_role: asRole(keepRole) },
      });
      toast({ title: t('members.transferred', { name: personName(heir) }) });
      onClose();
      await reloadSession(queries);
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
      title={t('members.transferTitle', { name: me.current_organization_name ?? '' })}
      description={t('members.transferDetail')}
    >
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        {heirs.length === 0 ? (
          <p>{t('members.noHeir')}</p>
        ) : (
          <>
            <Field label={t('members.heir')}>
              <HeirSelect heirs={heirs} value={heirId} onChange={(event) => setHeirId(event.target.value)} />
            </Field>
            <Field label={t('members.keepRole')}>
              <KeptRoleSelect value={keepRole} onChange={(event) => setKeepRole(event.target.value)} />
            </Field>
          </>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button variant="danger" pending={pending} disabled={!heir} onClick={transfer}>
          {t('members.transfer')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function HeirSelect({ heirs, ...rest }: React.ComponentProps<'select'> & { heirs: Member[] }) {
  const { t } = useTranslation();
  return (
    <Select {...rest}>
      <option value="">{t('members.chooseHeir')}</option>
      {heirs.map((member) => (
        <option key={member.user_id} value={member.user_id}>
          {personName(member)} · {member.email}
        </option>
      ))}
    </Select>
  );
}

function KeptRoleSelect(props: React.ComponentProps<'select'>) {
  const { t } = useTranslation();
  return (
    <Select {...props}>
      {roles
        .filter((role) => role !== 'owner')
        .map((role) => (
          <option key={role} value={role}>
            {roleLabel(t, role)}
          </option>
        ))}
    </Select>
  );
}
