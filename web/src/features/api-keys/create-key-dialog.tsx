import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import type { CreatedApiKey } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Checkbox, Field, Input, Select } from '@/components/ui/field';
import { modelsQuery } from '@/features/models/queries';
import { showFieldProblems } from '@/lib/form-problems';
import { KeySecret } from './key-secret';

const lifetimes = ['never', '30', '90', '365'] as const;

const newKey = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)),
  lifetime: z.enum(lifetimes),
  allowed_models: z.array(z.string()),
});
type NewKey = z.infer<typeof newKey>;

type CreateKeyDialogProps = { open: boolean; onOpenChange: (open: boolean) => void };

/** Two steps: what the key may do, then its secret, which the server shows once and which can't be left by accident. */
export function CreateKeyDialog({ open, onOpenChange }: CreateKeyDialogProps) {
  const { t } = useTranslation();
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const secret = created?.key ?? null;

  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next) setCreated(null);
  };

  return (
    <Dialog
      open={open}
      onOpenChange={change}
      dismissible={!secret}
      title={created ? t('apiKeys.createdTitle', { name: created.name }) : t('apiKeys.createTitle')}
      description={created ? undefined : t('apiKeys.createDetail')}
      className={created ? 'max-w-2xl' : undefined}
    >
      {created ? (
        <KeySecret secret={secret} onDone={() => change(false)} />
      ) : (
        <CreateKeyForm onCreated={setCreated} onCancel={() => change(false)} />
      )}
    </Dialog>
  );
}

function CreateKeyForm({ onCreated, onCancel }: { onCreated: (key: CreatedApiKey) => void; onCancel: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const models = useQuery(modelsQuery);
  const [error, setError] = useState<unknown>(null);
  const idempotencyKey = useRef(randomId());
  const {
    register,
    handleSubmit,
    formState,
    setError: setFieldError,
  } = useForm<NewKey>({
    resolver: zodResolver(newKey),
    defaultValues: { name: '', lifetime: '90', allowed_models: [] },
  });

  const create = handleSubmit(async (values) => {
    setError(null);
    try {
      const key = await body(
        api.POST('/api_keys', { body: requestOf(values), headers: { 'Idempotency-Key': idempotencyKey.current } }),
      );
      await queries.invalidateQueries({ queryKey: ['api_keys'] });
      onCreated(key);
    } catch (failure) {
      // A refused request may be corrected, and is then another request.
      idempotencyKey.current = randomId();
      if (!showFieldProblems(failure, ['name', 'allowed_models'], setFieldError)) setError(failure);
    }
  });

  const nameProblem = formState.errors.name;
  return (
    <form onSubmit={create} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <Field
          label={t('apiKeys.name')}
          hint={t('apiKeys.nameHint')}
          error={nameProblem && (nameProblem.type === 'server' ? nameProblem.message : t('apiKeys.nameRequired'))}
        >
          <Input autoComplete="off" maxLength={100} {...register('name')} />
        </Field>
        <Field label={t('apiKeys.expires')}>
          {/* The field passes its id to whatever control it holds. */}
          <LifetimeSelect {...register('lifetime')} />
        </Field>
        <fieldset className="grid gap-2">
          <legend className="mb-1.5 font-medium text-[13px]">{t('apiKeys.models')}</legend>
          <p className="text-[13px] text-muted">{t('apiKeys.modelsHint')}</p>
          <div className="grid max-h-40 gap-2 overflow-y-auto p-0.5">
            {models.data?.items.map((model) => (
              <Checkbox key={model.id} label={model.name} value={model.model_id} {...register('allowed_models')} />
            ))}
          </div>
          {formState.errors.allowed_models && (
            <p role="alert" className="text-[13px] text-danger">
              {formState.errors.allowed_models.message}
            </p>
          )}
        </fieldset>
      </DialogBody>
      <DialogFooter>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={formState.isSubmitting}>
          {t('apiKeys.create')}
        </Button>
      </DialogFooter>
    </form>
  );
}

function LifetimeSelect(props: React.ComponentProps<'select'>) {
  const { t } = useTranslation();
  return (
    <Select {...props}>
      {lifetimes.map((lifetime) => (
        <option key={lifetime} value={lifetime}>
          {t(`apiKeys.lifetime.${lifetime}`)}
        </option>
      ))}
    </Select>
  );
}

function requestOf({ name, lifetime, allowed_models }: NewKey) {
  const expires = lifetime === 'never' ? undefined : new Date(Date.now() + Number(lifetime) * 86_400_000).toISOString();
  return { name, expires_at: expires, allowed_models: allowed_models.length > 0 ? allowed_models : undefined };
}
