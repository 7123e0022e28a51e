import { createFileRoute } from '@tanstack/react-router';
import { AccountPage } from '@/features/account/account-page';
import { accountSearch } from '@/features/account/search';

export const Route = createFileRoute('/_app/account')({
  staticData: { title: 'account.title', unscoped: true },
  validateSearch: accountSearch,
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
