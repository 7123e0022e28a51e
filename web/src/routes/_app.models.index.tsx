import { createFileRoute } from '@tanstack/react-router';
import { ModelsPage } from '@/features/models/models-page';
import { modelsQuery } from '@/features/models/queries';
import { modelsSearch } from '@/features/models/search';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/models/')({
  staticData: { title: 'models.title', module: 'models' },
  validateSearch: modelsSearch,
  loader: (visit) => beginPage(visit, (queries) => [queries.ensureQueryData(modelsQuery)]),
  component: Models,
});

function Models() {
  const navigate = Route.useNavigate();
  return (
    <ModelsPage
      search={Route.useSearch()}
      onSearch={(change) =>
        navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false })
      }
    />
  );
}
