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
import { Notice } from '@/components/ui/notice';
import { useSendsMail } from '@/features/session/sends-mail';
import { useMe } from '@/features/session/session';
import { showFieldProblems } from '@/lib/form-problems';
import { useUnsaved } from '@/lib/use-unsaved';

const change = z.object({
  email: z.string().check(z.trim(), z.minLength(1)),
  password: z.string().check(z.minLength(1)),
});
type Change = z.infer<typeof change>;

/** Asks for another address; it becomes the account's when the mail sent there is answered. */
export function EmailCard() {
  const { t } = useTranslation();
  const me = useMe();
  const sendsMail = useSendsMail();
  const [error, setError] = useState<unknown>(null);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useForm<Change>({ resolver: zodResolver(change), defaultValues: { email: '', password: '' } });
  const { errors, isSubmitting } = form.formState;
  useUnsaved(form.formState);

  const send = form.handleSubmit(async (values) => {
    setError(null);
    setSentTo(null);
    try {
      await api.POST('/auth/me/email', { body: values });
      setSentTo(values.email);
      form.reset();
    } catch (failure) {
      if (!showFieldProblems(failure, ['email', 'password'], form.setError)) setError(failure);
    }
  });

  const words = (field: keyof Change) => {
    const problem = errors[field];
    if (!problem) return undefined;
    return problem.type === 'server' ? problem.message : t(`account.emailProblem.${field}`);
  };

  return (
    <Card title={t('account.email')} description={t('account.emailDetail', { email: me.email })}>
      <form onSubmit={send} noValidate className="grid gap-4">
        {sentTo && (
          <Notice
            tone={sendsMail ? 'success' : 'warning'}
            role="status"
            title={sendsMail ? t('account.emailSent') : t('account.emailNotSent')}
          >
            {sendsMail
              ? t('account.emailSentDetail', { email: sentTo })
              : t('account.emailNotSentDetail', { email: sentTo })}
          </Notice>
        )}
        {error !== null && <ProblemNotice error={error} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('account.newEmail')} error={words('email')}>
            <Input type="email" autoComplete="email" {...form.register('email')} />
          </Field>
          <Field label={t('account.currentPassword')} error={words('password')}>
            <Input type="password" autoComplete="current-password" {...form.register('password')} />
          </Field>
        </div>
        <div>
          <Button type="submit" variant="primary" pending={isSubmitting}>
            {t('account.changeEmail')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
