import { createFileRoute } from '@tanstack/react-router';
import { InstancePage } from '@/features/instances/instance-page';
import { instanceHistoryQuery, instanceQuery } from '@/features/instances/queries';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/instances/$instanceId')({
  staticData: { title: 'instances.one', module: 'instances' },
  loader: (visit) =>
    beginPage(visit, (queries) => [
      queries.ensureQueryData(instanceQuery(visit.params.instanceId)),
      queries.ensureQueryData(instanceHistoryQuery(visit.params.instanceId)),
    ]),
  component: OneInstance,
});

function OneInstance() {
  return <InstancePage id={Route.useParams().instanceId} />;
}
