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
import { useSendsMail } from '@/features/session/sends-mail';
import { showFieldProblems } from '@/lib/form-problems';

const request = z.object({ email: z.string().check(z.trim(), z.minLength(1)) });
type Request = z.infer<typeof request>;

/** Asks for the mail with the link. The answer never says whether there is such an account, and neither does this page. */
export function ForgotPasswordPage() {
  const { t } = useTranslation();
  const sendsMail = useSendsMail();
  const [error, setError] = useState<unknown>(null);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useForm<Request>({ resolver: zodResolver(request), defaultValues: { email: '' } });
  const problem = form.formState.errors.email;

  const send = form.handleSubmit(async ({ email }) => {
    setError(null);
    try {
      await api.POST('/auth/password-reset/request', { body: { email } });
      setSentTo(email);
    } catch (failure) {
      if (!showFieldProblems(failure, ['email'], form.setError)) setError(failure);
    }
  });

  return (
    <PublicPage
      title={t('recovery.forgotTitle')}
      description={sendsMail ? t('recovery.forgotDetail') : t('recovery.forgotDetailNoMail')}
      footer={
        <Link to="/login" className="underline-offset-4 hover:underline">
          {t('recovery.backToSignIn')}
        </Link>
      }
    >
      {sentTo ? (
        <Notice
          tone={sendsMail ? 'success' : 'warning'}
          role="status"
          title={sendsMail ? t('recovery.sent') : t('recovery.notSent')}
        >
          <p className="break-words">
            {sendsMail ? t('recovery.sentDetail', { email: sentTo }) : t('recovery.notSentDetail', { email: sentTo })}
          </p>
        </Notice>
      ) : (
        <form onSubmit={send} noValidate className="grid gap-4">
          {error !== null && <ProblemNotice error={error} />}
          <Field
            label={t('recovery.email')}
            error={problem && (problem.type === 'server' ? problem.message : t('recovery.emailRequired'))}
          >
            <Input type="email" autoComplete="email" {...form.register('email')} />
          </Field>
          <Button type="submit" variant="primary" pending={form.formState.isSubmitting} className="w-full">
            {t('recovery.send')}
          </Button>
        </form>
      )}
    </PublicPage>
  );
}
