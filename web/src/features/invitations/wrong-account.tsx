import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { InvitationPage } from '@/api/shapes';
import { rememberWorkspace } from '@/api/workspace';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { meQuery } from '@/features/session/session';

/** Somebody else is signed in: says who is invited, and offers to change over. */
export function WrongAccount({ invitation, signedInAs }: { invitation: InvitationPage; signedInAs: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const signOut = useMutation({
    mutationFn: async () => {
      await api.POST('/auth/logout');
      rememberWorkspace(undefined);
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'invitation' && queryKey[0] !== 'me' });
      await queries.resetQueries({ queryKey: meQuery.queryKey });
    },
  });
  return (
    <>
      <Notice tone="warning" role="alert" title={t('invitations.page.wrongAccount')}>
        <p className="break-words">
          {t('invitations.page.wrongAccountDetail', { invited: invitation.email, current: signedInAs })}
        </p>
      </Notice>
      {signOut.isError && <ProblemNotice error={signOut.error} />}
      <Button variant="primary" className="w-full" pending={signOut.isPending} onClick={() => signOut.mutate()}>
        {t('invitations.page.switchAccount')}
      </Button>
    </>
  );
}
