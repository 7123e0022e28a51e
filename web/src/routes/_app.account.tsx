import { createFileRoute } from '@tanstack/react-router';
import { AccountPage } from '@/features/account/account-page';
import { sessionsQuery } from '@/features/account/queries';
import { accountSearch } from '@/features/account/search';
import { organizationsQuery } from '@/features/organizations/queries';
import { secondFactorsQuery } from '@/features/second-factors/queries';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/account')({
  staticData: { title: 'account.title', unscoped: true },
  validateSearch: accountSearch,
  loader: (visit) =>
    beginPage(visit, (queries) => [
      queries.ensureQueryData(secondFactorsQuery),
      queries.ensureQueryData(sessionsQuery),
      queries.ensureQueryData(organizationsQuery),
    ]),
  component: Account,
});

function Account() {
  const navigate = Route.useNavigate();
  return (
    <AccountPage
      dialog={Route.useSearch().dialog}
      onDialog={(dialog) => navigate({ search: { dialog }, replace: true, resetScroll: false })}
    />
  );
}
