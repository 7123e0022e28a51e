import { createFileRoute, redirect } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { asProblem } from '@/api/problem';
import { addressOfWorkspace } from '@/api/workspace';
import { StartProblem } from '@/components/route-problem';
import { meQuery } from '@/features/session/session';
import { isLanguage, showLanguage } from '@/i18n/language';
import { AppShell } from '@/shell/app-shell';

export const Route = createFileRoute('/_app')({
  // With the first scripts: nearly everybody sees the shell at once, and its parts would be fetched one by one.
  codeSplitGroupings: [],
  // Every address says in which organization it is good, so that it can be given to others and kept.
  validateSearch: z.object({ workspace: z.catch(z.optional(z.string()), undefined) }),
  search: {
    middlewares: [
      ({ search, next }) => {
        const wanted = next(search);
        return { ...wanted, workspace: wanted.workspace ?? addressOfWorkspace() };
      },
    ],
  },
  beforeLoad: async ({ context, location }) => {
    try {
      const { locale } = await context.queries.ensureQueryData(meQuery);
      // The account's language, from the first page on; words that can't be fetched leave the one that is shown.
      if (isLanguage(locale)) await showLanguage(locale).catch(() => {});
    } catch (error) {
      if (asProblem(error).status === 401) throw redirect({ to: '/login', search: { return: location.href } });
      throw error;
    }
  },
  component: AppShell,
  errorComponent: StartProblem,
});
