import { zodResolver } from '@hookform/resolvers/zod';
import { type ReactNode, useState } from 'react';
import { type FieldError, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { engines } from '@/api/codes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Checkbox, Field, Input, Select, Textarea } from '@/components/ui/field';
import { fieldWords, showFieldProblems } from '@/lib/form-problems';
import { useFormat } from '@/lib/format';
import { useUnsaved } from '@/lib/use-unsaved';
import { engineLabel } from './engine';
import { kinds, type ModelValues, modelFields, modelValues, ranges, requestOf } from './form-values';

type ModelFormProps = {
  initial: Partial<ModelValues>;
  /** Before the fields. */
  note?: ReactNode;
  submitLabel: string;
  /** Sends the request; what it throws is shown, at the fields where it names them. */
  onSubmit: (request: ReturnType<typeof requestOf>) => Promise<void>;
  /** What helps when the request is refused. */
  wayOut?: (error: unknown) => ReactNode;
  onCancel: () => void;
};

/** Everything of a model that its owner decides, for adding and for changing one. */
export function ModelForm({ initial, note, submitLabel, onSubmit, wayOut, onCancel }: ModelFormProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<ModelValues>({ resolver: zodResolver(modelValues), defaultValues: initial });
  useUnsaved(form.formState);

  const submit = form.handleSubmit(async (values) => {
    setError(null);
    try {
      await onSubmit(requestOf(values));
    } catch (failure) {
      if (!showFieldProblems(failure, modelFields, form.setError)) setError(failure);
    }
  });

  const problemOf = (field: keyof ModelValues, ours: string) =>
    fieldWords(form.formState.errors[field] as FieldError | undefined, ours);
  const required = t('problems.fieldCode.required');
  const number = (field: keyof typeof ranges, hint?: string) => (
    <Field
      label={t(`models.form.${field}`)}
      hint={hint}
      error={problemOf(
        field,
        t('models.form.wholeNumber', {
          least: format.integer(ranges[field][0]),
          most: format.integer(ranges[field][1]),
        }),
      )}
    >
      <Input
        type="number"
        inputMode="numeric"
        min={ranges[field][0]}
        max={ranges[field][1]}
        step={1}
        {...form.register(field, { valueAsNumber: true })}
      />
    </Field>
  );

  return (
    <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {note}
        {error !== null && <ProblemNotice error={error}>{wayOut?.(error)}</ProblemNotice>}
        <Field label={t('models.form.name')} error={problemOf('name', required)}>
          <Input autoComplete="off" {...form.register('name')} />
        </Field>
        <Field
          label={t('models.fact.id')}
          hint={t('models.form.modelIdHint')}
          error={problemOf('model_id', t('problems.fieldCode.model_id'))}
        >
          <Input autoComplete="off" spellCheck={false} className="font-mono" {...form.register('model_id')} />
        </Field>
        <Field label={t('models.form.description')} error={problemOf('description', required)}>
          <Textarea {...form.register('description')} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('models.fact.engine')} error={problemOf('engine', required)}>
            <EngineSelect {...form.register('engine')} />
          </Field>
          <Field label={t('models.fact.kind')} error={problemOf('kind', required)}>
            <Select {...form.register('kind')}>
              {kinds.map((kind) => (
                <option key={kind} value={kind}>
                  {t(`models.kind.${kind}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t('models.fact.licence')} error={problemOf('licence', required)}>
            <Input autoComplete="off" {...form.register('licence')} />
          </Field>
          {number('required_vram_gb')}
          {number('context_length')}
          {number('data_volume_gb', t('models.form.dataVolumeHint'))}
        </div>
        <Field
          label={t('models.fact.arguments')}
          hint={t('models.form.argumentsHint')}
          error={problemOf('engine_arguments', required)}
        >
          <Textarea spellCheck={false} className="font-mono" {...form.register('engine_arguments')} />
        </Field>
        <Checkbox label={t('models.form.active')} hint={t('models.form.activeHint')} {...form.register('is_active')} />
      </DialogBody>
      <DialogFooter>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={form.formState.isSubmitting}>
          {submitLabel}
        </Button>
      </DialogFooter>
    </form>
  );
}

function EngineSelect(props: React.ComponentProps<'select'>) {
  const { t } = useTranslation();
  return (
    <Select {...props}>
      {engines.map((engine) => (
        <option key={engine} value={engine}>
          {engineLabel(t, engine)}
        </option>
      ))}
    </Select>
  );
}
