import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import type { Invitation } from '@/api/shapes';
import { describeProblem } from '@/lib/problem-words';
import { toast } from '@/lib/toasts';

/** Sends an invitation again; without a mail server the new link is handed over instead. */
export function useResend(onLink: (sent: { email: string; link: string }) => void) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Invitation) =>
      body(api.POST('/organizations/current/invitations/{id}/resend', { params: { path: { id } } })),
    onSuccess: async ({ email, link }) => {
      if (link) onLink({ email, link });
      else toast({ title: t('invitations.resent', { email }) });
      await queries.invalidateQueries({ queryKey: ['invitations'] });
    },
    onError: (error) => {
      const words = describeProblem(t, error);
      toast({ tone: 'danger', title: words.title, detail: words.detail });
    },
  });
}
