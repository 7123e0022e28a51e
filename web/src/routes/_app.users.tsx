import { createFileRoute } from '@tanstack/react-router';
import { usersQuery } from '@/features/users/queries';
import { usersSearch } from '@/features/users/search';
import { UsersPage } from '@/features/users/users-page';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/users')({
  staticData: { title: 'users.title', module: 'users' },
  validateSearch: usersSearch,
  loader: (visit) => {
    const { q } = usersSearch.parse(visit.location.search);
    beginPage(visit, (queries) => [queries.ensureQueryData(usersQuery((q ?? '').trim()))]);
  },
  component: Users,
});

function Users() {
  const navigate = Route.useNavigate();
  return (
    <UsersPage
      search={Route.useSearch()}
      onSearch={(change) =>
        navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false })
      }
    />
  );
}
