import { createFileRoute } from '@tanstack/react-router';
import { InstancePage } from '@/features/instances/instance-page';

export const Route = createFileRoute('/_app/instances/$instanceId')({
  staticData: { title: 'instances.one', module: 'instances' },
  component: OneInstance,
});

function OneInstance() {
  return <InstancePage id={Route.useParams().instanceId} />;
}
