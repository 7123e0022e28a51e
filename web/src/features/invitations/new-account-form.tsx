import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import type { InvitationPage } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { SHORTEST_PASSWORD } from '@/features/account/password-rules';
import { NameFields, nameRules, UsernameField, usernameRule } from '@/features/account/person-fields';
import { adoptSession } from '@/features/session/session';
import { showFieldProblems } from '@/lib/form-problems';
import { useUnsaved } from '@/lib/use-unsaved';
import { accept, useEnterOrganization } from './accept';

const newAccount = z
  .object({
    ...nameRules,
    username: usernameRule,
    password: z.string().check(z.minLength(SHORTEST_PASSWORD)),
    repeated: z.string(),
  })
  .check(z.refine((values) => values.password === values.repeated, { path: ['repeated'] }));
type NewAccount = z.infer<typeof newAccount>;

/** For somebody without an account: makes one for the invited address, joins, and signs in with the password just chosen. */
export function NewAccountForm({ token, invitation }: { token: string; invitation: InvitationPage }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const enter = useEnterOrganization();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<NewAccount>({
    resolver: zodResolver(newAccount),
    defaultValues: {
      first_name: '',
      last_name: '',
      username: suggestion(invitation.email),
      password: '',
      repeated: '',
    },
  });
  const { errors, isSubmitting } = form.formState;
  useUnsaved(form.formState);

  const join = form.handleSubmit(async ({ first_name, last_name, username, password }) => {
    setError(null);
    try {
      const locale = i18n.language;
      const accepted = await accept(token, { first_name, last_name, username, password, locale });
      const me = await body(api.POST('/auth/login', { body: { login: invitation.email, password } }));
      // A new account has no second factor; a session is what it gets.
      if ('second_factor_required' in me) return;
      await adoptSession(queries, me);
      await enter(accepted);
    } catch (failure) {
      if (!showFieldProblems(failure, ['first_name', 'last_name', 'username', 'password'], form.setError)) {
        setError(failure);
      }
    }
  });

  const words = (field: keyof NewAccount, own?: string) => {
    const problem = errors[field];
    return problem && (problem.type === 'server' || !own ? problem.message : own);
  };

  return (
    <form onSubmit={join} noValidate className="grid gap-4">
      {error !== null && <ProblemNotice error={error} />}
      <Field label={t('recovery.email')} hint={t('invitations.page.locked')}>
        <Input type="email" value={invitation.email} readOnly autoComplete="email" />
      </Field>
      <NameFields register={form.register} errors={errors} own />
      <UsernameField register={form.register} errors={errors} own />
      <Field
        label={t('account.password')}
        hint={t('account.passwordHint', { count: SHORTEST_PASSWORD })}
        error={words('password', t('account.passwordProblem.new_password', { count: SHORTEST_PASSWORD }))}
      >
        <Input type="password" autoComplete="new-password" {...form.register('password')} />
      </Field>
      <Field
        label={t('invitations.page.repeatPassword')}
        error={words('repeated', t('account.passwordProblem.repeated'))}
      >
        <Input type="password" autoComplete="new-password" {...form.register('repeated')} />
      </Field>
      <Button type="submit" variant="primary" pending={isSubmitting} className="w-full">
        {t('invitations.page.createAccount')}
      </Button>
    </form>
  );
}

/** What stands before the @, as far as it may be a username. */
function suggestion(email: string): string {
  return (email.split('@')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '')
    .slice(0, 64);
}
