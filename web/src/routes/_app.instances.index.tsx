import { createFileRoute } from '@tanstack/react-router';
import { InstancesPage } from '@/features/instances/instances-page';
import { instancesQuery } from '@/features/instances/queries';
import { instancesSearch } from '@/features/instances/search';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/instances/')({
  staticData: { title: 'instances.title', module: 'instances' },
  validateSearch: instancesSearch,
  loader: (visit) => beginPage(visit, (queries) => [queries.ensureQueryData(instancesQuery)]),
  component: Instances,
});

function Instances() {
  const navigate = Route.useNavigate();
  return (
    <InstancesPage
      search={Route.useSearch()}
      onSearch={(change) =>
        navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false })
      }
    />
  );
}
