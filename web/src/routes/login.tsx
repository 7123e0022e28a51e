import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { SignInPage } from '@/features/session/sign-in-page';

export const Route = createFileRoute('/login')({
  staticData: { title: 'session.signIn', unscoped: true },
  validateSearch: z.object({
    return: z.catch(z.optional(z.string()), undefined),
    workspace: z.catch(z.optional(z.uuid()), undefined),
  }),
  component: SignIn,
});

function SignIn() {
  const { return: returnTo, workspace } = Route.useSearch();
  return <SignInPage returnTo={returnTo} workspace={workspace} />;
}
