import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Model } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Dialog, DialogBody } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/notice';
import { Skeleton } from '@/components/ui/skeleton';
import { toast } from '@/lib/toasts';
import { type requestOf, valuesOf } from './form-values';
import { ModelForm } from './model-form';
import { type ModelToEdit, modelToEditQuery } from './queries';

/** Changes a model as it is now: refused when somebody else changed it since the dialog was opened. */
export function EditModelDialog({ model, onClose }: { model: Model; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useQuery(modelToEditQuery(model.id));
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('models.editTitle', { name: model.name })}
      description={t('models.editDetail')}
      className="max-w-2xl"
    >
      <Loaded
        query={query}
        skeleton={
          <DialogBody>
            <Skeleton className="h-96" />
          </DialogBody>
        }
      >
        {(found) => <EditModelForm found={found} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}

function EditModelForm({ found, onClose }: { found: ModelToEdit; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  // What the form was filled with. A newer answer belongs to values that nobody sees here.
  const [{ model, tag }] = useState(found);

  const save = async (request: ReturnType<typeof requestOf>) => {
    await api.PUT('/models/{id}', {
      params: { path: { id: model.id }, header: { 'If-Match': tag } },
      body: request,
    });
    await queries.invalidateQueries({ queryKey: ['models'] });
    toast({ title: t('models.saved', { name: request.name }) });
    onClose();
  };

  return (
    <ModelForm
      initial={valuesOf(model)}
      note={model.tech_activated_at && <Notice tone="warning" title={t('models.clearsTech')} />}
      submitLabel={t('models.save')}
      onSubmit={save}
      onCancel={onClose}
    />
  );
}
