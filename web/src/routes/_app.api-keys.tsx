import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { ApiKeysPage } from '@/features/api-keys/api-keys-page';

export const Route = createFileRoute('/_app/api-keys')({
  staticData: { title: 'apiKeys.title', module: 'api_keys' },
  validateSearch: z.object({ create: z.boolean().optional().catch(undefined) }),
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
