import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { meQuery } from '@/features/session/session';
import { type Language, showLanguage } from '@/i18n/language';
import { describeProblem } from '@/lib/problem-words';
import { toast } from '@/lib/toasts';

/** Keeps the language with the account, then shows it. */
export function useChooseLanguage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (locale: Language) => {
      const me = await body(api.PUT('/auth/me', { body: { locale } }));
      await showLanguage(locale);
      queries.setQueryData(meQuery.queryKey, me);
    },
    onError: (error) => {
      const words = describeProblem(t, error);
      toast({ tone: 'danger', title: words.title, detail: words.detail });
    },
  });
}
