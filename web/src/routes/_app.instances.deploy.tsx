import { createFileRoute } from '@tanstack/react-router';
import { deploySearch } from '@/features/deployments/choice';
import { DeployPage } from '@/features/deployments/deploy-page';

export const Route = createFileRoute('/_app/instances/deploy')({
  staticData: { title: 'deploy.title', module: 'instances', permission: 'instance.create' },
  validateSearch: deploySearch,
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
