import { createFileRoute } from '@tanstack/react-router';
import { InvitationsPage } from '@/features/invitations/invitations-page';
import { invitationsSearch } from '@/features/invitations/search';

export const Route = createFileRoute('/_app/organization/invitations')({
  staticData: { title: 'invitations.title', module: 'invitations' },
  validateSearch: invitationsSearch,
  component: Invitations,
});

function Invitations() {
  const navigate = Route.useNavigate();
  return (
    <InvitationsPage
      search={Route.useSearch()}
      onSearch={(change) =>
        navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false })
      }
    />
  );
}
