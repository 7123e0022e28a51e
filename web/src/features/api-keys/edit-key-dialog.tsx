import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { ApiKey } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { showFieldProblems } from '@/lib/form-problems';
import { useFormat } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { KeyFields, type KeyValues, keyFieldNames, keyRequest, keyValues } from './key-fields';

/** Another name, another end, other models: applications that have the key needn't change. */
export function EditKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('apiKeys.editTitle', { name: apiKey.name })}
      description={t('apiKeys.editDetail')}
    >
      <EditKeyForm apiKey={apiKey} onClose={onClose} />
    </Dialog>
  );
}

function EditKeyForm({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const limitedTo = apiKey.allowed_models ?? [];
  const form = useForm<KeyValues>({
    resolver: zodResolver(keyValues),
    defaultValues: { name: apiKey.name, lifetime: apiKey.expires_at ? 'keep' : 'never', allowed_models: limitedTo },
  });
  useUnsaved(form.formState);

  const save = form.handleSubmit(async (values) => {
    setError(null);
    try {
      await api.PUT('/api_keys/{id}', { params: { path: { id: apiKey.id } }, body: keyRequest(values) });
      await queries.invalidateQueries({ queryKey: ['api_keys'] });
      toast({ title: t('apiKeys.saved', { name: values.name }) });
      onClose();
    } catch (failure) {
      if (!showFieldProblems(failure, keyFieldNames, form.setError)) setError(failure);
    }
  });

  return (
    <form onSubmit={save} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <KeyFields
          form={form}
          kept={
            apiKey.expires_at ? t('apiKeys.lifetime.keep', { when: format.dateTime(apiKey.expires_at) }) : undefined
          }
          limitedTo={limitedTo}
        />
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button
          type="submit"
          variant="primary"
          pending={form.formState.isSubmitting}
          disabled={!form.formState.isDirty}
        >
          {t('apiKeys.save')}
        </Button>
      </DialogFooter>
    </form>
  );
}
