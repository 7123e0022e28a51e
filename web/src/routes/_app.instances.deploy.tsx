import { createFileRoute } from '@tanstack/react-router';
import { deploySearch } from '@/features/deployments/choice';
import { DeployPage } from '@/features/deployments/deploy-page';
import { instanceTypesQuery, providersQuery, zonesQuery } from '@/features/deployments/queries';
import { modelsQuery } from '@/features/models/queries';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/instances/deploy')({
  staticData: { title: 'deploy.title', module: 'instances', permission: 'instance.create' },
  validateSearch: deploySearch,
  loader: (visit) =>
    beginPage(visit, (queries) => [
      queries.ensureQueryData(modelsQuery),
      queries.ensureQueryData(providersQuery),
      queries.ensureQueryData(zonesQuery),
      queries.ensureQueryData(instanceTypesQuery),
    ]),
  component: Deploy,
});

function Deploy() {
  const navigate = Route.useNavigate();
  return (
    <DeployPage
      search={Route.useSearch()}
      onSearch={(search) => navigate({ search, replace: true, resetScroll: false })}
    />
  );
}
