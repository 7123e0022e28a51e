import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';
import { useSwitchWorkspace } from '@/features/session/switch-workspace';
import { atMostCharacters } from '@/lib/field-rules';
import { fieldWords, showFieldProblems } from '@/lib/form-problems';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { ColorField, freeColor } from './color-field';
import { namesakeOf } from './namesakes';
import { organizationsQuery } from './queries';

const newOrganization = z.object({
  name: z.string().check(z.trim(), z.minLength(1), atMostCharacters(100)),
  color: z.string(),
});
type NewOrganization = z.infer<typeof newOrganization>;

type CreateOrganizationDialogProps = {
  open: boolean;
  /** What was asked for needs an organization. */
  needed?: boolean;
  onOpenChange: (open: boolean) => void;
};

export function CreateOrganizationDialog({ open, needed, onOpenChange }: CreateOrganizationDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('organizations.create')}
      description={t(needed ? 'organizations.createNeededDetail' : 'organizations.createDetail')}
    >
      <CreateOrganizationForm onClose={() => onOpenChange(false)} />
    </Dialog>
  );
}

function CreateOrganizationForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const enter = useSwitchWorkspace();
  const [error, setError] = useState<unknown>(null);
  const idempotencyKey = useRef(randomId());
  const mine = useQuery(organizationsQuery).data?.items ?? [];
  const form = useForm<NewOrganization>({
    resolver: zodResolver(newOrganization),
    defaultValues: { name: '', color: '' },
  });
  const color = form.watch('color') || freeColor(mine);
  const namesake = namesakeOf(mine, form.watch('name'));
  const problem = form.formState.errors.name;
  useUnsaved(form.formState);

  const create = form.handleSubmit(async (values) => {
    setError(null);
    try {
      const organization = await body(
        api.POST('/organizations', {
          body: { ...values, color },
          headers: { 'Idempotency-Key': idempotencyKey.current },
        }),
      );
      await queries.invalidateQueries({ queryKey: ['organizations'] });
      toast({ title: t('organizations.created', { name: organization.name }) });
      onClose();
      enter.mutate(organization.id);
    } catch (failure) {
      idempotencyKey.current = randomId();
      if (!showFieldProblems(failure, ['name', 'color'], form.setError)) setError(failure);
    }
  });

  return (
    <form onSubmit={create} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <Field
          label={t('organizations.name')}
          hint={namesake && t('organizations.namesake', { name: namesake.name, slug: namesake.slug })}
          error={fieldWords(problem, t('organizations.nameRequired'))}
        >
          <Input autoComplete="organization" {...form.register('name')} />
        </Field>
        <ColorField value={color} onChange={(color) => form.setValue('color', color, { shouldDirty: true })} />
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={form.formState.isSubmitting}>
          {t('organizations.create')}
        </Button>
      </DialogFooter>
    </form>
  );
}
