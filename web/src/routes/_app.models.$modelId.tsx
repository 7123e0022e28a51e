import { createFileRoute } from '@tanstack/react-router';
import { ModelPage } from '@/features/models/model-page';
import { modelQuery } from '@/features/models/queries';
import { modelSearch } from '@/features/models/search';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/models/$modelId')({
  staticData: { title: 'models.one', module: 'models' },
  validateSearch: modelSearch,
  loader: (visit) => beginPage(visit, (queries) => [queries.ensureQueryData(modelQuery(visit.params.modelId))]),
  component: OneModel,
});

function OneModel() {
  const navigate = Route.useNavigate();
  return (
    <ModelPage
      id={Route.useParams().modelId}
      dialog={Route.useSearch().dialog}
      onDialog={(dialog) => navigate({ search: { dialog }, replace: true })}
    />
  );
}
