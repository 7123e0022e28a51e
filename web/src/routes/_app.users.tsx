import { createFileRoute } from '@tanstack/react-router';
import { usersSearch } from '@/features/users/search';
import { UsersPage } from '@/features/users/users-page';

export const Route = createFileRoute('/_app/users')({
  staticData: { title: 'users.title', module: 'users' },
  validateSearch: usersSearch,
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
