import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import type { Job } from '@/api/shapes';
import { describeProblem } from '@/lib/problem-words';
import { toast } from '@/lib/toasts';
import { jobKindLabel } from './words';

/** Lets a job that was given up wait again, as if it were new. */
export function useRetry() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Job) => body(api.POST('/platform/jobs/{id}/retry', { params: { path: { id } } })),
    onSuccess: ({ kind }) =>
      toast({ title: t('jobs.retried', { kind: jobKindLabel(t, kind) }), detail: t('jobs.retriedDetail') }),
    onError: (error) => {
      const words = describeProblem(t, error);
      toast({ tone: 'danger', title: words.title, detail: words.detail });
    },
    // Refused, too: then it isn't what the list says.
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
  });
}
