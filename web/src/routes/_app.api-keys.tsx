import { createFileRoute } from '@tanstack/react-router';
import { ApiKeysPage } from '@/features/api-keys/api-keys-page';
import { apiKeySearchQuery } from '@/features/api-keys/queries';
import { keysSearch } from '@/features/api-keys/search';
import { chatModelsQuery } from '@/features/chat/queries';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/api-keys')({
  staticData: { title: 'apiKeys.title', module: 'api_keys' },
  validateSearch: keysSearch,
  loader: (visit) => {
    const { q, status } = keysSearch.parse(visit.location.search);
    beginPage(visit, (queries) => [
      queries.ensureQueryData(apiKeySearchQuery((q ?? '').trim(), status)),
      queries.ensureQueryData(chatModelsQuery),
    ]);
  },
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
