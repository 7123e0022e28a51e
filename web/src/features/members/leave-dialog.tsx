import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { adoptSession, useMe } from '@/features/session/session';
import { toast } from '@/lib/toasts';

/** Ends the own membership; the session goes on in Personal. */
export function LeaveDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const router = useRouter();
  const name = useMe().current_organization_name ?? '';

  const leave = async () => {
    const me = await body(api.POST('/organizations/current/leave'));
    toast({ title: t('members.left', { name }) });
    await adoptSession(queries, me);
    await router.navigate({ to: '/' });
  };

  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('members.leaveTitle', { name })}
      confirmLabel={t('members.leave')}
      onConfirm={leave}
    >
      {t('members.leaveDetail')}
    </ConfirmDialog>
  );
}
