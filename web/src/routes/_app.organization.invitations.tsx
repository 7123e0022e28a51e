import { createFileRoute } from '@tanstack/react-router';
import { InvitationsPage } from '@/features/invitations/invitations-page';
import { invitationsQuery } from '@/features/invitations/queries';
import { invitationsSearch } from '@/features/invitations/search';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/organization/invitations')({
  staticData: { title: 'invitations.title', module: 'invitations' },
  validateSearch: invitationsSearch,
  loader: (visit) => {
    const { status } = invitationsSearch.parse(visit.location.search);
    beginPage(visit, (queries) => [queries.ensureQueryData(invitationsQuery(status))]);
  },
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
