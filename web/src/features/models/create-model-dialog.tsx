import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import { Dialog } from '@/components/ui/dialog';
import { useMe } from '@/features/session/session';
import { toast } from '@/lib/toasts';
import { emptyModel, type requestOf } from './form-values';
import { ModelForm } from './model-form';

type CreateModelDialogProps = { open: boolean; onOpenChange: (open: boolean) => void };

/** Adds a model to the organization, or in Personal to the public catalogue; then shows it, with what it still needs. */
export function CreateModelDialog({ open, onOpenChange }: CreateModelDialogProps) {
  const { t } = useTranslation();
  const organization = useMe().current_organization_name;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('models.create')}
      description={
        organization ? t('models.createDetail.organization', { name: organization }) : t('models.createDetail.public')
      }
      className="max-w-2xl"
    >
      <CreateModelForm onClose={() => onOpenChange(false)} />
    </Dialog>
  );
}

function CreateModelForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const router = useRouter();
  const idempotencyKey = useRef(randomId());

  const create = async (request: ReturnType<typeof requestOf>) => {
    try {
      const headers = { 'Idempotency-Key': idempotencyKey.current };
      const model = await body(api.POST('/models', { body: request, headers }));
      await queries.invalidateQueries({ queryKey: ['models'] });
      toast({ title: t('models.created', { name: model.name }), detail: t('models.createdDetail') });
      await router.navigate({ to: '/models/$modelId', params: { modelId: model.id } });
    } catch (failure) {
      // A refused request may be corrected, and is then another request.
      idempotencyKey.current = randomId();
      throw failure;
    }
  };

  return <ModelForm initial={emptyModel} submitLabel={t('models.create')} onSubmit={create} onCancel={onClose} />;
}
