import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { InvitationPage } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { accept, useEnterOrganization } from './accept';

/** For the invited person, signed in: one button. */
export function AcceptCard({ token, invitation }: { token: string; invitation: InvitationPage }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const enter = useEnterOrganization();
  const join = useMutation({
    mutationFn: async () => {
      const accepted = await accept(token, {});
      await queries.invalidateQueries({ queryKey: ['organizations'] });
      await enter(accepted);
    },
  });
  return (
    <>
      {join.isError && <ProblemNotice error={join.error} />}
      <p className="break-words text-center">{t('invitations.page.as', { email: invitation.email })}</p>
      <Button variant="primary" className="w-full" pending={join.isPending} onClick={() => join.mutate()}>
        {t('invitations.page.accept')}
      </Button>
    </>
  );
}
