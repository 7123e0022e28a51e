import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useRef } from 'react';
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
  const gone = useRef(false);

  const remove = async () => {
    await api.DELETE('/models/{id}', { params: { path: { id: model.id } } });
    gone.current = true;
    // The page of what is gone is left before anything asks for it again.
    await router.navigate({ to: '/models', replace: true });
    toast({ title: t('models.deleted', { name: model.name }) });
    await queries.invalidateQueries(modelsQuery);
  };

  return (
    <ConfirmDialog
      open
      // Once it is gone the dialog goes with its page: closing it here would lead back there.
      onOpenChange={() => gone.current || onClose()}
      title={t('models.deleteTitle', { name: model.name })}
      confirmLabel={t('models.delete')}
      onConfirm={remove}
    >
      {t('models.deleteDetail')}
    </ConfirmDialog>
  );
}
