import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { DeployPage } from '@/features/deployments/deploy-page';

export const Route = createFileRoute('/_app/instances/deploy')({
  staticData: { title: 'deploy.title', module: 'instances', permission: 'instance.create' },
  validateSearch: z.object({ model: z.catch(z.optional(z.string()), undefined) }),
  component: Deploy,
});

function Deploy() {
  return <DeployPage modelId={Route.useSearch().model} />;
}
