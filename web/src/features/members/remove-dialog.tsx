import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Member } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useMe } from '@/features/session/session';
import { personName } from '@/lib/person-name';
import { toast } from '@/lib/toasts';
import { refreshMembers } from './queries';
import { WayOut } from './way-out';

export function RemoveDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const organization = useMe().current_organization_name ?? '';
  const name = personName(member);

  const remove = async () => {
    await api.DELETE('/organizations/current/members/{user_id}', { params: { path: { user_id: member.user_id } } });
    await refreshMembers(queries);
    toast({ title: t('members.removed', { name }) });
  };

  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('members.removeTitle', { name, organization })}
      confirmLabel={t('members.remove')}
      onConfirm={remove}
      wayOut={(error) => <WayOut error={error} />}
    >
      {t('members.removeDetail')}
    </ConfirmDialog>
  );
}
