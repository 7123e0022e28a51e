import { createFileRoute } from '@tanstack/react-router';
import { ModelPage } from '@/features/models/model-page';

export const Route = createFileRoute('/_app/models/$modelId')({
  staticData: { title: 'models.one', module: 'models' },
  component: OneModel,
});

function OneModel() {
  return <ModelPage id={Route.useParams().modelId} />;
}
