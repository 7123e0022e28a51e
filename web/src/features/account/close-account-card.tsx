import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api } from '@/api/client';
import { rememberWorkspace } from '@/api/workspace';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';
import { forgetConversations } from '@/features/chat/conversation';
import { useMe } from '@/features/session/session';
import { showFieldProblems } from '@/lib/form-problems';
import { toast } from '@/lib/toasts';
import { OwnedOrganizations } from './owned-organizations';

export function CloseAccountCard() {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  return (
    <Card title={t('account.close')} description={t('account.closeDetail')}>
      <Button variant="dangerOutline" onClick={() => setAsking(true)}>
        {t('account.closeOpen')}
      </Button>
      {asking && <CloseAccountDialog onClose={() => setAsking(false)} />}
    </Card>
  );
}

const confirmation = z.object({ password: z.string().check(z.minLength(1)) });
type Confirmation = z.infer<typeof confirmation>;

/** The password is the confirmation: nobody closes an account that was left open on a desk. */
function CloseAccountDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const router = useRouter();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Confirmation>({ resolver: zodResolver(confirmation), defaultValues: { password: '' } });
  const problem = form.formState.errors.password;

  const close = form.handleSubmit(async ({ password }) => {
    setError(null);
    try {
      await api.DELETE('/auth/me', { body: { password } });
      toast({ title: t('account.closed') });
      forgetConversations();
      await router.navigate({ to: '/login', ignoreBlocker: true });
      rememberWorkspace(undefined);
      queries.clear();
    } catch (failure) {
      if (!showFieldProblems(failure, ['password'], form.setError)) setError(failure);
    }
  });

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('account.closeTitle', { email: me.email })}
      role="alertdialog"
      className="max-w-md"
    >
      <form onSubmit={close} noValidate className="flex min-h-0 flex-1 flex-col">
        <DialogBody className="grid gap-4 text-sm">
          <p className="text-muted">{t('account.closeWarning')}</p>
          {error !== null && (
            <ProblemNotice error={error}>
              <OwnedOrganizations error={error} />
            </ProblemNotice>
          )}
          <Field
            label={t('account.currentPassword')}
            error={
              problem && (problem.type === 'server' ? problem.message : t('account.passwordProblem.current_password'))
            }
          >
            <Input type="password" autoComplete="current-password" {...form.register('password')} />
          </Field>
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" variant="danger" pending={form.formState.isSubmitting}>
            {t('account.closeConfirm')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
