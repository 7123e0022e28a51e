import { createFileRoute } from '@tanstack/react-router';
import { MembersPage } from '@/features/members/members-page';
import { membersQuery } from '@/features/members/queries';
import { membersSearch } from '@/features/members/search';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/organization/members')({
  staticData: { title: 'members.title', module: 'members' },
  validateSearch: membersSearch,
  loader: (visit) => beginPage(visit, (queries) => [queries.ensureQueryData(membersQuery)]),
  component: Members,
});

function Members() {
  const navigate = Route.useNavigate();
  return (
    <MembersPage
      search={Route.useSearch()}
      onSearch={(change) =>
        navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false })
      }
    />
  );
}
