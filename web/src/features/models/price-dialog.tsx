import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Model } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { showFieldProblems } from '@/lib/form-problems';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { type PriceValues, priceFields, priceRequestOf, priceValues } from './form-values';

type PriceDialogProps = { model: Model; onClose: () => void };

/** Sets what requests cost that start from now on. */
export function PriceDialog({ model, onClose }: PriceDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('models.priceTitle', { name: model.name })}
      description={t('models.priceDetail')}
    >
      <PriceForm model={model} onClose={onClose} />
    </Dialog>
  );
}

function PriceForm({ model, onClose }: PriceDialogProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<PriceValues>({
    resolver: zodResolver(priceValues),
    defaultValues: {
      input_eur_per_1m: model.input_eur_per_1m ?? '',
      cached_input_eur_per_1m: model.cached_input_eur_per_1m ?? '',
      output_eur_per_1m: model.output_eur_per_1m ?? '',
    },
  });
  useUnsaved(form.formState);

  const save = form.handleSubmit(async (values) => {
    setError(null);
    try {
      await api.PUT('/models/{id}/price', { params: { path: { id: model.id } }, body: priceRequestOf(values) });
      await queries.invalidateQueries({ queryKey: ['models'] });
      toast({ title: t('models.priceSaved', { name: model.name }) });
      onClose();
    } catch (failure) {
      if (!showFieldProblems(failure, priceFields, form.setError)) setError(failure);
    }
  });

  return (
    <form onSubmit={save} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {model.eco_activated_at && <Notice tone="warning" title={t('models.clearsEco')} />}
        {error !== null && <ProblemNotice error={error} />}
        {priceFields.map((field) => {
          const problem = form.formState.errors[field];
          return (
            <Field
              key={field}
              label={t(`models.price.${field}`)}
              hint={field === 'cached_input_eur_per_1m' ? t('models.price.cachedHint') : undefined}
              error={problem && (problem.type === 'server' ? problem.message : t('models.price.amount'))}
            >
              <Input autoComplete="off" inputMode="decimal" className="tabular-nums" {...form.register(field)} />
            </Field>
          );
        })}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={form.formState.isSubmitting}>
          {t('models.setPrice')}
        </Button>
      </DialogFooter>
    </form>
  );
}
