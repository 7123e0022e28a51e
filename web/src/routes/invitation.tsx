import { createFileRoute } from '@tanstack/react-router';
import { InvitationPage } from '@/features/invitations/invitation-page';
import { invitationQuery } from '@/features/invitations/queries';
import { linkToken, useLinkToken } from '@/features/recovery/link-token';
import { begin } from './-loading';

export const Route = createFileRoute('/invitation')({
  staticData: { title: 'invitations.page.title', unscoped: true },
  loader: ({ context, location }) => {
    const token = linkToken(location);
    if (token) begin(context.queries.ensureQueryData(invitationQuery(token)));
  },
  component: Invitation,
});

function Invitation() {
  return <InvitationPage token={useLinkToken()} />;
}
