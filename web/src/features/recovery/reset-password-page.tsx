import { zodResolver } from '@hookform/resolvers/zod';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api } from '@/api/client';
import { ProblemNotice } from '@/components/problem-notice';
import { PublicPage } from '@/components/public-page';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { SHORTEST_PASSWORD } from '@/features/account/password-rules';
import { showFieldProblems } from '@/lib/form-problems';
import { BrokenLink, isBrokenLink } from './broken-link';

const newPassword = z
  .object({ password: z.string().check(z.minLength(SHORTEST_PASSWORD)), repeated: z.string() })
  .check(z.refine((values) => values.password === values.repeated, { path: ['repeated'] }));
type NewPassword = z.infer<typeof newPassword>;

/** Sets a new password with the link from the mail. Every session of the account ends. */
export function ResetPasswordPage({ token }: { token: string | null }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const broken = !token || isBrokenLink(error);
  return (
    <PublicPage title={t('recovery.resetTitle')} description={done ? undefined : t('recovery.resetDetail')}>
      {done ? (
        <div className="grid gap-4">
          <Notice tone="success" role="status" title={t('recovery.reset')}>
            {t('recovery.resetDone')}
          </Notice>
          <Button variant="primary" asChild>
            <Link to="/login">{t('session.signIn')}</Link>
          </Button>
        </div>
      ) : broken ? (
        <BrokenLink kind="password" />
      ) : (
        <ResetForm token={token} error={error} onError={setError} onDone={() => setDone(true)} />
      )}
    </PublicPage>
  );
}

type ResetFormProps = { token: string; error: unknown; onError: (error: unknown) => void; onDone: () => void };

function ResetForm({ token, error, onError, onDone }: ResetFormProps) {
  const { t } = useTranslation();
  const form = useForm<NewPassword>({
    resolver: zodResolver(newPassword),
    defaultValues: { password: '', repeated: '' },
  });
  const { errors, isSubmitting } = form.formState;

  const save = form.handleSubmit(async ({ password }) => {
    onError(null);
    try {
      await api.POST('/auth/password-reset/reset', { body: { token, password } });
      onDone();
    } catch (failure) {
      if (!showFieldProblems(failure, ['password'], form.setError)) onError(failure);
    }
  });

  const passwordProblem = errors.password;
  return (
    <form onSubmit={save} noValidate className="grid gap-4">
      {error !== null && <ProblemNotice error={error} />}
      <Field
        label={t('account.newPassword')}
        hint={t('account.passwordHint', { count: SHORTEST_PASSWORD })}
        error={
          passwordProblem &&
          (passwordProblem.type === 'server'
            ? passwordProblem.message
            : t('account.passwordProblem.new_password', { count: SHORTEST_PASSWORD }))
        }
      >
        <Input type="password" autoComplete="new-password" {...form.register('password')} />
      </Field>
      <Field label={t('account.repeatPassword')} error={errors.repeated && t('account.passwordProblem.repeated')}>
        <Input type="password" autoComplete="new-password" {...form.register('repeated')} />
      </Field>
      <Button type="submit" variant="primary" pending={isSubmitting} className="w-full">
        {t('recovery.save')}
      </Button>
    </form>
  );
}
