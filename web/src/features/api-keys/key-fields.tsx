import { useQuery } from '@tanstack/react-query';
import type { ComponentProps } from 'react';
import type { UseFormReturn } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { Checkbox, Field, Input, Select } from '@/components/ui/field';
import { modelsQuery } from '@/features/models/queries';
import { atMostCharacters } from '@/lib/field-rules';
import { fieldWords } from '@/lib/form-problems';

const lifetimes = ['never', '30', '90', '365'] as const;

export const keyValues = z.object({
  name: z.string().check(z.trim(), z.minLength(1), atMostCharacters(100)),
  lifetime: z.enum(['keep', ...lifetimes]),
  allowed_models: z.array(z.string()),
});
export type KeyValues = z.infer<typeof keyValues>;

/** The fields that a refusal of the server may name. */
export const keyFieldNames = ['name', 'allowed_models'] as const;

/** What the values ask the server for: an expiry that is kept isn't mentioned, no model means all of them. */
export function keyRequest({ name, lifetime, allowed_models }: KeyValues) {
  const days = Number(lifetime);
  const until = { keep: undefined, never: null }[lifetime as string];
  return {
    name,
    expires_at: Number.isNaN(days) ? until : new Date(Date.now() + days * 86_400_000).toISOString(),
    allowed_models: allowed_models.length > 0 ? allowed_models : null,
  };
}

type KeyFieldsProps = {
  form: UseFormReturn<KeyValues>;
  /** How the expiry reads that may be kept; absent for a new key. */
  kept?: string;
  /** Models the key is limited to, offered even when this workspace no longer lists them. */
  limitedTo?: string[];
};

/** What people decide about a key: its name, how long it lives, what it opens. */
export function KeyFields({ form, kept, limitedTo = [] }: KeyFieldsProps) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const { errors } = form.formState;
  const listed = models.data?.items ?? [];
  const unlisted = limitedTo.filter((id) => listed.every(({ model_id }) => model_id !== id));
  return (
    <>
      <Field
        label={t('apiKeys.name')}
        hint={t('apiKeys.nameHint')}
        error={fieldWords(errors.name, t('apiKeys.nameRequired'))}
      >
        <Input autoComplete="off" {...form.register('name')} />
      </Field>
      <Field label={t('apiKeys.expires')}>
        {/* The field passes its id to whatever control it holds. */}
        <LifetimeSelect kept={kept} {...form.register('lifetime')} />
      </Field>
      <fieldset className="grid gap-2">
        <legend className="mb-1.5 font-medium text-[13px]">{t('apiKeys.models')}</legend>
        <p className="text-[13px] text-muted">{t('apiKeys.modelsHint')}</p>
        <div className="grid max-h-40 gap-2 overflow-y-auto p-0.5">
          {unlisted.map((id) => (
            <Checkbox key={id} label={id} value={id} {...form.register('allowed_models')} />
          ))}
          {listed.map((model) => (
            <Checkbox key={model.id} label={model.name} value={model.model_id} {...form.register('allowed_models')} />
          ))}
        </div>
        {errors.allowed_models && (
          <p role="alert" className="text-[13px] text-danger">
            {errors.allowed_models.message}
          </p>
        )}
      </fieldset>
    </>
  );
}

function LifetimeSelect({ kept, ...rest }: ComponentProps<'select'> & { kept?: string }) {
  const { t } = useTranslation();
  return (
    <Select {...rest}>
      {kept && <option value="keep">{kept}</option>}
      {lifetimes.map((lifetime) => (
        <option key={lifetime} value={lifetime}>
          {t(`apiKeys.lifetime.${lifetime}`)}
        </option>
      ))}
    </Select>
  );
}
