import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { ModelsPage } from '@/features/models/models-page';

export const Route = createFileRoute('/_app/models/')({
  staticData: { title: 'models.title', module: 'models' },
  validateSearch: z.object({ q: z.catch(z.optional(z.string()), undefined) }),
  component: Models,
});

function Models() {
  const navigate = Route.useNavigate();
  return (
    <ModelsPage
      search={Route.useSearch().q ?? ''}
      onSearch={(q) => navigate({ search: { q: q || undefined }, replace: true })}
    />
  );
}
