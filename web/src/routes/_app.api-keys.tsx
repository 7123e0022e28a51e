import { createFileRoute } from '@tanstack/react-router';
import { ApiKeysPage } from '@/features/api-keys/api-keys-page';
import { keysSearch } from '@/features/api-keys/search';

export const Route = createFileRoute('/_app/api-keys')({
  staticData: { title: 'apiKeys.title', module: 'api_keys' },
  validateSearch: keysSearch,
  component: ApiKeys,
});

function ApiKeys() {
  const navigate = Route.useNavigate();
  return (
    <ApiKeysPage
      search={Route.useSearch()}
      onSearch={(change) =>
        navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false })
      }
    />
  );
}
