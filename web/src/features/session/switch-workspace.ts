import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { describeProblem } from '@/lib/problem-words';
import { toast } from '@/lib/toasts';
import { mayLeave } from '@/lib/unsaved';
import { sectionOf } from './section';
import { enteringKey, enterOrganization } from './session';

/** Moves the session to an organization, or to Personal with null. What was on the screen belongs to the old workspace and goes. */
export function useSwitchWorkspace() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationKey: enteringKey,
    mutationFn: async (organizationId: string | null) => {
      if (!(await mayLeave())) return;
      await enterOrganization(queries, organizationId);
      // Somebody may have gone on while the answer was on its way.
      const { pathname } = router.state.location;
      await router.navigate({ to: sectionOf(router, pathname), search: {}, ignoreBlocker: true });
    },
    onError: (error) => {
      const words = describeProblem(t, error);
      toast({ tone: 'danger', title: words.title, detail: words.detail });
    },
  });
}
