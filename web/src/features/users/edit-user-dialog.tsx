import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api } from '@/api/client';
import type { User } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field } from '@/components/ui/field';
import { NameFields, nameRules, UsernameField, usernameRule } from '@/features/account/person-fields';
import { refreshMembers } from '@/features/members/queries';
import { reloadSession, useMe } from '@/features/session/session';
import { languages } from '@/i18n/language';
import { showFieldProblems } from '@/lib/form-problems';
import { personName } from '@/lib/person-name';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { LanguageOptions } from './language-options';

const account = z.object({
  ...nameRules,
  username: usernameRule,
  locale: z.enum(languages),
});
type Account = z.infer<typeof account>;
const fieldNames = ['first_name', 'last_name', 'username', 'locale'] as const;

/** What a platform admin may correct in somebody's account. */
export function EditUserDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('users.editTitle', { name: personName(user) })}
      description={t('users.editDetail')}
    >
      <EditUserForm user={user} onClose={onClose} />
    </Dialog>
  );
}

function EditUserForm({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Account>({
    resolver: zodResolver(account),
    defaultValues: {
      first_name: user.first_name,
      last_name: user.last_name,
      username: user.username,
      locale: languages.find((language) => language === user.locale) ?? 'en',
    },
  });
  const { errors, isDirty, isSubmitting } = form.formState;
  useUnsaved(form.formState);

  const save = form.handleSubmit(async (values) => {
    setError(null);
    try {
      await api.PUT('/users/{id}', { params: { path: { id: user.id } }, body: values });
      await refreshMembers(queries);
      if (user.id === me.id) await reloadSession(queries);
      toast({ title: t('users.saved', { name: personName({ ...user, ...values }) }) });
      onClose();
    } catch (failure) {
      if (!showFieldProblems(failure, fieldNames, form.setError)) setError(failure);
    }
  });

  return (
    <form onSubmit={save} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <NameFields register={form.register} errors={errors} />
        <UsernameField register={form.register} errors={errors} />
        <Field label={t('account.language')} error={errors.locale?.message}>
          <LanguageOptions {...form.register('locale')} />
        </Field>
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={isSubmitting} disabled={!isDirty}>
          {t('account.saveProfile')}
        </Button>
      </DialogFooter>
    </form>
  );
}
