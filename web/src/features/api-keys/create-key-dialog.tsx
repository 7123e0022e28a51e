import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import type { CreatedApiKey } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { DialogBody, DialogFooter } from '@/components/ui/dialog';
import { showFieldProblems } from '@/lib/form-problems';
import { useUnsaved } from '@/lib/use-unsaved';
import { KeyFields, type KeyValues, keyFieldNames, keyRequest, keyValues } from './key-fields';
import { NewKeyDialog } from './new-key-dialog';

type CreateKeyDialogProps = { open: boolean; onOpenChange: (open: boolean) => void };

export function CreateKeyDialog(props: CreateKeyDialogProps) {
  const { t } = useTranslation();
  return (
    <NewKeyDialog {...props} title={t('apiKeys.createTitle')} description={t('apiKeys.createDetail')}>
      {({ onMade, onCancel }) => <CreateKeyForm onCreated={onMade} onCancel={onCancel} />}
    </NewKeyDialog>
  );
}

function CreateKeyForm({ onCreated, onCancel }: { onCreated: (key: CreatedApiKey) => void; onCancel: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const idempotencyKey = useRef(randomId());
  const form = useForm<KeyValues>({
    resolver: zodResolver(keyValues),
    defaultValues: { name: '', lifetime: '90', allowed_models: [] },
  });
  useUnsaved(form.formState);

  const create = form.handleSubmit(async (values) => {
    setError(null);
    try {
      const key = await body(
        api.POST('/api_keys', { body: keyRequest(values), headers: { 'Idempotency-Key': idempotencyKey.current } }),
      );
      await queries.invalidateQueries({ queryKey: ['api_keys'] });
      onCreated(key);
    } catch (failure) {
      // A refused request may be corrected, and is then another request.
      idempotencyKey.current = randomId();
      if (!showFieldProblems(failure, keyFieldNames, form.setError)) setError(failure);
    }
  });

  return (
    <form onSubmit={create} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <KeyFields form={form} />
      </DialogBody>
      <DialogFooter>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={form.formState.isSubmitting}>
          {t('apiKeys.create')}
        </Button>
      </DialogFooter>
    </form>
  );
}
