import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import type { Me, SignInChallenge } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { SecondFactorForm } from '@/features/second-factors/second-factor-form';
import { keepChosenLanguage } from './keep-chosen-language';
import { adoptSession } from './session';

const credentials = z.object({
  login: z.string().check(z.trim(), z.minLength(1)),
  password: z.string().check(z.minLength(1)),
});
type Credentials = z.infer<typeof credentials>;

/** `login` locks the name: only that account will do. */
type SignInFormProps = { login?: string; onSignedIn: () => void | Promise<void> };

export function SignInForm({ login, onSignedIn }: SignInFormProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [challenge, setChallenge] = useState<SignInChallenge | null>(null);
  const { register, handleSubmit, formState, resetField, setFocus } = useForm<Credentials>({
    resolver: zodResolver(credentials),
    defaultValues: { login: login ?? '', password: '' },
  });

  // There is nothing else to do here. After a refusal the password is typed again.
  useEffect(() => {
    if (!challenge) setFocus(login !== undefined || error !== null ? 'password' : 'login');
  }, [setFocus, login, challenge, error]);

  const enter = async (me: Me) => {
    await adoptSession(queries, await keepChosenLanguage(me));
    await onSignedIn();
  };
  const again = (failure: unknown) => {
    setChallenge(null);
    setError(failure);
    resetField('password');
  };

  const signIn = handleSubmit(async (values) => {
    setError(null);
    try {
      const answer = await body(api.POST('/auth/login', { body: values }));
      if ('second_factor_required' in answer) setChallenge(answer);
      else await enter(answer);
    } catch (failure) {
      setError(failure);
      resetField('password');
    }
  });

  if (challenge) return <SecondFactorForm challenge={challenge} onSignedIn={enter} onOver={again} />;
  return (
    <form onSubmit={signIn} noValidate className="grid gap-4">
      {error !== null && <ProblemNotice error={error} />}
      <Field label={t('session.login')} error={formState.errors.login && t('session.loginRequired')}>
        <Input
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          readOnly={login !== undefined}
          {...register('login')}
        />
      </Field>
      <Field label={t('session.password')} error={formState.errors.password && t('session.passwordRequired')}>
        <Input type="password" autoComplete="current-password" {...register('password')} />
      </Field>
      <Button type="submit" variant="primary" pending={formState.isSubmitting} className="w-full">
        {t('session.signIn')}
      </Button>
      <Link to="/forgot-password" className="text-center text-[13px] text-muted underline-offset-4 hover:underline">
        {t('recovery.forgot')}
      </Link>
    </form>
  );
}
