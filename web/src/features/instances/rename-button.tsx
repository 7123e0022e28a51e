import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api } from '@/api/client';
import type { Instance } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';
import { useCan } from '@/features/session/session';
import { atMostCharacters } from '@/lib/field-rules';
import { fieldWords, showFieldProblems } from '@/lib/form-problems';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { instanceName } from './status';

const renaming = z.object({ name: z.string().check(z.trim(), atMostCharacters(100)) });
type Renaming = z.infer<typeof renaming>;

/** For whoever may: another name for an instance, or none. */
export function RenameButton({ instance }: { instance: Instance }) {
  const { t } = useTranslation();
  const allowed = useCan('instance.update');
  const [open, setOpen] = useState(false);
  if (!allowed) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Pencil aria-hidden />
        {t('instances.rename')}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t('instances.renameTitle', { name: instanceName(instance) })}
        description={t('instances.renameDetail')}
        className="max-w-md"
      >
        <RenameForm instance={instance} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

/** The last name given stays: an instance moves on by itself, and its version with it. */
function RenameForm({ instance, onClose }: { instance: Instance; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Renaming>({ resolver: zodResolver(renaming), defaultValues: { name: instance.name ?? '' } });
  useUnsaved(form.formState);

  const save = form.handleSubmit(async ({ name }) => {
    setError(null);
    try {
      await api.PATCH('/instances/{id}', { params: { path: { id: instance.id } }, body: { name: name || null } });
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['instances'] }),
        queries.invalidateQueries({ queryKey: ['finops'] }),
      ]);
      toast({ title: t('instances.renamed') });
      onClose();
    } catch (failure) {
      if (!showFieldProblems(failure, ['name'], form.setError)) setError(failure);
    }
  });

  return (
    <form onSubmit={save} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <Field
          label={t('instances.name')}
          hint={t('instances.nameHint')}
          error={fieldWords(form.formState.errors.name, t('problems.fieldCode.required'))}
        >
          <Input autoComplete="off" {...form.register('name')} />
        </Field>
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button
          type="submit"
          variant="primary"
          pending={form.formState.isSubmitting}
          disabled={!form.formState.isDirty}
        >
          {t('instances.renameConfirm')}
        </Button>
      </DialogFooter>
    </form>
  );
}
