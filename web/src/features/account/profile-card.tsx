import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import type { Me } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { meQuery, useMe } from '@/features/session/session';
import { showFieldProblems } from '@/lib/form-problems';
import { keepTyped, replaceTyped } from '@/lib/keep-typed';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { NameFields, nameRules, UsernameField, usernameRule } from './person-fields';

const profile = z.object({ ...nameRules, username: usernameRule });
type Profile = z.infer<typeof profile>;

function profileOf(me: Me): Profile {
  return { first_name: me.first_name ?? '', last_name: me.last_name ?? '', username: me.username };
}

export function ProfileCard() {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Profile>({
    resolver: zodResolver(profile),
    values: profileOf(me),
    resetOptions: keepTyped,
  });
  const { errors, isSubmitting, isDirty } = form.formState;
  useUnsaved(form.formState);

  const save = form.handleSubmit(async (values) => {
    setError(null);
    try {
      const saved = await body(api.PUT('/auth/me', { body: values }));
      form.reset(profileOf(saved), replaceTyped);
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
        <NameFields register={form.register} errors={errors} own />
        <UsernameField register={form.register} errors={errors} own />
        <div>
          <Button type="submit" variant="primary" pending={isSubmitting} disabled={!isDirty}>
            {t('account.saveProfile')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
