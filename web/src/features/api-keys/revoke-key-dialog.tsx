import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { ApiKey } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { toast } from '@/lib/toasts';

export function RevokeKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const revoke = async () => {
    await api.DELETE('/api_keys/{id}', { params: { path: { id: apiKey.id } } });
    await queries.invalidateQueries({ queryKey: ['api_keys'] });
    toast({ title: t('apiKeys.revokedToast', { name: apiKey.name }) });
  };
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('apiKeys.revokeTitle', { name: apiKey.name })}
      confirmLabel={t('apiKeys.revokeConfirm')}
      onConfirm={revoke}
    >
      {t('apiKeys.revokeDetail')}
    </ConfirmDialog>
  );
}
