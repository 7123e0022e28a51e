import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { ProblemNotice } from '@/components/problem-notice';
import { PublicPage } from '@/components/public-page';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { meQuery } from '@/features/session/session';
import { BrokenLink, isBrokenLink } from './broken-link';

/** Confirms a new address. A button, because programs that scan mails follow links but press nothing. */
export function ConfirmEmailPage({ token }: { token: string | null }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [state, setState] = useState<'asking' | 'pending' | 'done'>('asking');
  const [error, setError] = useState<unknown>(null);

  const confirm = async (token: string) => {
    setState('pending');
    setError(null);
    try {
      await api.POST('/auth/me/email/confirm', { body: { token } });
      // Whoever is signed in here is asked for again with the next page: the address may be theirs.
      queries.removeQueries({ queryKey: meQuery.queryKey });
      setState('done');
    } catch (failure) {
      setError(failure);
      setState('asking');
    }
  };

  return (
    <PublicPage title={t('recovery.confirmTitle')} description={t('recovery.confirmDetail')}>
      {state === 'done' ? (
        <div className="grid gap-4">
          <Notice tone="success" role="status" title={t('recovery.confirmed')} />
          <Button variant="primary" asChild>
            <Link to="/account">{t('account.title')}</Link>
          </Button>
        </div>
      ) : !token || isBrokenLink(error) ? (
        <BrokenLink kind="email" />
      ) : (
        <div className="grid gap-4">
          {error !== null && <ProblemNotice error={error} />}
          <Button variant="primary" className="w-full" pending={state === 'pending'} onClick={() => confirm(token)}>
            {t('recovery.confirm')}
          </Button>
        </div>
      )}
    </PublicPage>
  );
}
