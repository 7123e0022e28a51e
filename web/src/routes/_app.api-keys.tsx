import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { ApiKeysPage } from '@/features/api-keys/api-keys-page';

export const Route = createFileRoute('/_app/api-keys')({
  staticData: { title: 'apiKeys.title', module: 'api_keys' },
  validateSearch: z.object({ create: z.catch(z.optional(z.boolean()), undefined) }),
  component: ApiKeys,
});

function ApiKeys() {
  const navigate = Route.useNavigate();
  return (
    <ApiKeysPage
      creating={Route.useSearch().create ?? false}
      onCreating={(create) => navigate({ search: { create: create || undefined } })}
    />
  );
}
