import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { SignInPage } from '@/features/session/sign-in-page';

export const Route = createFileRoute('/login')({
  staticData: { title: 'session.signIn', unscoped: true },
  validateSearch: z.object({ return: z.catch(z.optional(z.string()), undefined) }),
  component: SignIn,
});

function SignIn() {
  return <SignInPage returnTo={Route.useSearch().return} />;
}
