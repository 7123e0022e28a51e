import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Invitation } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { WayOut } from '@/features/members/way-out';
import { toast } from '@/lib/toasts';

export function RevokeDialog({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { id, email } = invitation;

  const revoke = async () => {
    await api.DELETE('/organizations/current/invitations/{id}', { params: { path: { id } } });
    await queries.invalidateQueries({ queryKey: ['invitations'] });
    toast({ title: t('invitations.revoked', { email }) });
  };

  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('invitations.revokeTitle', { email })}
      confirmLabel={t('invitations.revokeConfirm')}
      onConfirm={revoke}
      wayOut={(error) => <WayOut error={error} />}
    >
      {t('invitations.revokeDetail')}
    </ConfirmDialog>
  );
}
