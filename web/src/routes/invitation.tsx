import { createFileRoute } from '@tanstack/react-router';
import { InvitationPage } from '@/features/invitations/invitation-page';
import { useLinkToken } from '@/features/recovery/link-token';

export const Route = createFileRoute('/invitation')({
  staticData: { title: 'invitations.page.title', unscoped: true },
  component: Invitation,
});

function Invitation() {
  return <InvitationPage token={useLinkToken()} />;
}
