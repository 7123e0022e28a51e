import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api } from '@/api/client';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Field, Input } from '@/components/ui/field';
import { useMe } from '@/features/session/session';
import { showFieldProblems } from '@/lib/form-problems';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { SHORTEST_PASSWORD } from './password-rules';

const passwords = z
  .object({
    current_password: z.string().check(z.minLength(1)),
    new_password: z.string().check(z.minLength(SHORTEST_PASSWORD)),
    repeated: z.string(),
  })
  .check(z.refine((values) => values.new_password === values.repeated, { path: ['repeated'] }));
type Passwords = z.infer<typeof passwords>;

export function PasswordCard() {
  const { t } = useTranslation();
  const me = useMe();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Passwords>({
    resolver: zodResolver(passwords),
    defaultValues: { current_password: '', new_password: '', repeated: '' },
  });
  const { errors, isSubmitting } = form.formState;
  useUnsaved(form.formState);

  const save = form.handleSubmit(async ({ current_password, new_password }) => {
    setError(null);
    try {
      await api.PUT('/auth/me/password', { body: { current_password, new_password } });
      form.reset();
      toast({ title: t('account.passwordChanged') });
    } catch (failure) {
      if (!showFieldProblems(failure, ['current_password', 'new_password'], form.setError)) setError(failure);
    }
  });

  const words = (field: keyof Passwords) => {
    const problem = errors[field];
    if (!problem) return undefined;
    return problem.type === 'server'
      ? problem.message
      : t(`account.passwordProblem.${field}`, { count: SHORTEST_PASSWORD });
  };

  return (
    <Card title={t('account.password')}>
      <form onSubmit={save} noValidate className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        {/* Password managers need to know whose password this is. */}
        <input type="text" autoComplete="username" value={me.email} readOnly hidden />
        <Field label={t('account.currentPassword')} error={words('current_password')}>
          <Input type="password" autoComplete="current-password" {...form.register('current_password')} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label={t('account.newPassword')}
            hint={t('account.passwordHint', { count: SHORTEST_PASSWORD })}
            error={words('new_password')}
          >
            <Input type="password" autoComplete="new-password" {...form.register('new_password')} />
          </Field>
          <Field label={t('account.repeatPassword')} error={words('repeated')}>
            <Input type="password" autoComplete="new-password" {...form.register('repeated')} />
          </Field>
        </div>
        <div>
          <Button type="submit" variant="primary" pending={isSubmitting}>
            {t('account.changePassword')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
