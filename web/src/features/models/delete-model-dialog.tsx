import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Model } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { toast } from '@/lib/toasts';
import { modelsQuery } from './queries';

export function DeleteModelDialog({ model, onClose }: { model: Model; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const router = useRouter();

  const remove = async () => {
    await api.DELETE('/models/{id}', { params: { path: { id: model.id } } });
    // The page of what is gone is left before anything asks for it again.
    await router.navigate({ to: '/models', replace: true });
    toast({ title: t('models.deleted', { name: model.name }) });
    await queries.invalidateQueries(modelsQuery);
  };

  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('models.deleteTitle', { name: model.name })}
      confirmLabel={t('models.delete')}
      onConfirm={remove}
    >
      {t('models.deleteDetail')}
    </ConfirmDialog>
  );
}
