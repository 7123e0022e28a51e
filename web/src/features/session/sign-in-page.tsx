import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import { LanguageSelect } from '@/components/language-select';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { keepChosenLanguage } from './keep-chosen-language';
import { adoptSession } from './session';

const credentials = z.object({
  login: z.string().check(z.trim(), z.minLength(1)),
  password: z.string().check(z.minLength(1)),
});
type Credentials = z.infer<typeof credentials>;

export function SignInPage({ returnTo }: { returnTo?: string }) {
  const { t } = useTranslation();
  const router = useRouter();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const { register, handleSubmit, formState, resetField } = useForm<Credentials>({
    resolver: zodResolver(credentials),
    defaultValues: { login: '', password: '' },
  });

  const signIn = handleSubmit(async (values) => {
    setError(null);
    try {
      const me = await body(api.POST('/auth/login', { body: values }));
      await adoptSession(queries, await keepChosenLanguage(me));
      await router.navigate({ href: safeReturn(returnTo), replace: true });
    } catch (failure) {
      setError(failure);
      resetField('password');
    }
  });

  return (
    <main className="grid min-h-dvh place-items-center px-4 py-12">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex flex-col items-center text-center">
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" className="mb-4 size-11" />
          <h1 className="font-semibold text-xl">{t('session.signInTitle')}</h1>
          <p className="mt-1 text-muted">{t('session.signInDetail')}</p>
        </div>
        <form
          onSubmit={signIn}
          noValidate
          className="grid gap-4 rounded-2xl border border-border bg-surface p-6 shadow-sm"
        >
          {error !== null && <ProblemNotice error={error} />}
          <Field label={t('session.login')} error={formState.errors.login && t('session.loginRequired')}>
            <Input autoComplete="username" autoCapitalize="none" spellCheck={false} {...register('login')} />
          </Field>
          <Field label={t('session.password')} error={formState.errors.password && t('session.passwordRequired')}>
            <Input type="password" autoComplete="current-password" {...register('password')} />
          </Field>
          <Button type="submit" variant="primary" pending={formState.isSubmitting} className="w-full">
            {t('session.signIn')}
          </Button>
        </form>
        <p className="mt-6 text-center text-[13px] text-muted">{t('session.noAccount')}</p>
        <div className="mt-6 flex justify-center">
          <LanguageSelect />
        </div>
      </div>
    </main>
  );
}

/** Only a path of this console: anything else could lead to a foreign site after sign-in. */
export function safeReturn(path: string | undefined): string {
  const inside = path?.startsWith('/') && !path.startsWith('//') && !path.includes('\\');
  return inside && path && !path.startsWith('/login') ? path : '/';
}
