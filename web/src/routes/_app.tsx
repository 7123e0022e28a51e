import { createFileRoute, redirect } from '@tanstack/react-router';
import { asProblem } from '@/api/problem';
import { AppShell } from '@/components/app-shell';
import { meQuery } from '@/features/session/session';

export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(meQuery);
    } catch (error) {
      if (asProblem(error).status === 401) throw redirect({ to: '/login', search: { return: location.href } });
      throw error;
    }
  },
  component: AppShell,
});
