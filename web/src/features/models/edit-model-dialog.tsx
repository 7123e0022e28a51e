import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Model } from '@/api/shapes';
import type { Tagged } from '@/api/tagged';
import { Loaded } from '@/components/loaded';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/notice';
import { Skeleton } from '@/components/ui/skeleton';
import { toast } from '@/lib/toasts';
import { type requestOf, valuesOf } from './form-values';
import { ModelForm } from './model-form';
import { modelToEditQuery } from './queries';

/** Changes a model as it is now: refused when somebody else changed it since the dialog was opened. */
export function EditModelDialog({ model, onClose }: { model: Model; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useQuery(modelToEditQuery(model.id));
  const [filled, setFilled] = useState(0);
  const reload = async () => {
    const { isSuccess } = await query.refetch();
    if (isSuccess) setFilled((before) => before + 1);
  };
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
        {(found) => <EditModelForm key={filled} found={found} onReload={reload} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}

type EditModelFormProps = { found: Tagged<Model>; onReload: () => void; onClose: () => void };

function EditModelForm({ found, onReload, onClose }: EditModelFormProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  // What the form was filled with. A newer answer belongs to values that nobody sees here.
  const [{ value: model, tag }] = useState(found);

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
      wayOut={(error) =>
        asProblem(error).code === 'stale' && (
          <Button size="sm" className="mt-2" onClick={onReload}>
            {t('common.loadNewValues')}
          </Button>
        )
      }
      onCancel={onClose}
    />
  );
}
