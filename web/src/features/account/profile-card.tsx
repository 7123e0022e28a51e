import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Field, Input } from '@/components/ui/field';
import { meQuery, useMe } from '@/features/session/session';
import { showFieldProblems } from '@/lib/form-problems';
import { toast } from '@/lib/toasts';

const profile = z.object({
  first_name: z.string().check(z.trim(), z.maxLength(100)),
  last_name: z.string().check(z.trim(), z.maxLength(100)),
  username: z.string().check(z.trim(), z.minLength(1), z.maxLength(64)),
});
type Profile = z.infer<typeof profile>;

export function ProfileCard() {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Profile>({
    resolver: zodResolver(profile),
    values: { first_name: me.first_name ?? '', last_name: me.last_name ?? '', username: me.username },
  });
  const { errors, isSubmitting, isDirty } = form.formState;
  const usernameProblem = errors.username;

  const save = form.handleSubmit(async (values) => {
    setError(null);
    try {
      const saved = await body(api.PUT('/auth/me', { body: values }));
      queries.setQueryData(meQuery.queryKey, saved);
      toast({ title: t('account.profileSaved') });
    } catch (failure) {
      if (!showFieldProblems(failure, ['first_name', 'last_name', 'username'], form.setError)) setError(failure);
    }
  });

  return (
    <Card title={t('account.profile')} description={me.email}>
      <form onSubmit={save} noValidate className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('account.firstName')} error={errors.first_name?.message}>
            <Input autoComplete="given-name" maxLength={100} {...form.register('first_name')} />
          </Field>
          <Field label={t('account.lastName')} error={errors.last_name?.message}>
            <Input autoComplete="family-name" maxLength={100} {...form.register('last_name')} />
          </Field>
        </div>
        <Field
          label={t('account.username')}
          error={
            usernameProblem &&
            (usernameProblem.type === 'server' ? usernameProblem.message : t('account.usernameRequired'))
          }
        >
          <Input autoComplete="username" maxLength={64} {...form.register('username')} />
        </Field>
        <div>
          <Button type="submit" variant="primary" pending={isSubmitting} disabled={!isDirty}>
            {t('account.saveProfile')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
