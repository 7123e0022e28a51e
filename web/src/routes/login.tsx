import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { SignInPage } from '@/features/session/sign-in-page';

export const Route = createFileRoute('/login')({
  staticData: { title: 'session.signIn', unscoped: true },
  validateSearch: z.object({ return: z.string().optional().catch(undefined) }),
  component: SignIn,
});

function SignIn() {
  return <SignInPage returnTo={Route.useSearch().return} />;
}
