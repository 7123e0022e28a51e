import { createFileRoute } from '@tanstack/react-router';
import { apiKeysQuery } from '@/features/api-keys/queries';
import { chatModelsQuery } from '@/features/chat/queries';
import { DashboardPage } from '@/features/dashboard/dashboard-page';
import { DAYS } from '@/features/dashboard/period';
import { currentCostQuery } from '@/features/finops/queries';
import { instancesQuery } from '@/features/instances/queries';
import { startOfLastDays, usageQuery } from '@/features/usage/queries';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/')({
  // As the shell is.
  codeSplitGroupings: [],
  staticData: { title: 'dashboard.title', module: 'dashboard' },
  loader: (visit) =>
    beginPage(visit, (queries, me) => [
      queries.ensureQueryData(usageQuery('day', startOfLastDays(DAYS), me.permissions.includes('finops.read'))),
      queries.ensureQueryData(usageQuery('day', startOfLastDays(DAYS), false)),
      queries.ensureQueryData(apiKeysQuery),
      queries.ensureQueryData(chatModelsQuery),
      ...(me.permissions.includes('finops.read') ? [queries.ensureQueryData(currentCostQuery)] : []),
      ...(me.permissions.includes('instance.read') ? [queries.ensureQueryData(instancesQuery)] : []),
    ]),
  component: DashboardPage,
});
