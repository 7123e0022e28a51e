import { createFileRoute } from '@tanstack/react-router';
import { InstancesPage } from '@/features/instances/instances-page';
import { instancesSearch } from '@/features/instances/search';

export const Route = createFileRoute('/_app/instances/')({
  staticData: { title: 'instances.title', module: 'instances' },
  validateSearch: instancesSearch,
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
