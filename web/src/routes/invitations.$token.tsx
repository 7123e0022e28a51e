import { createFileRoute, redirect } from '@tanstack/react-router';

// The address with the token in its path, for links made by hand; the one in mails keeps it in the fragment.
export const Route = createFileRoute('/invitations/$token')({
  staticData: { title: 'invitations.page.title', unscoped: true },
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/invitation', hash: `token=${encodeURIComponent(params.token)}`, replace: true });
  },
});
