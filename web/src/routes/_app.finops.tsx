import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { FinopsPage } from '@/features/finops/finops-page';
import { currentCostQuery } from '@/features/finops/queries';
import { startOfLastDays, usageQuery } from '@/features/usage/queries';
import { beginPage } from './-loading';

const finopsSearch = z.object({
  days: z.catch(z.optional(z.literal([7, 30, 90])), undefined),
});

const USUAL_DAYS = 30;

export const Route = createFileRoute('/_app/finops')({
  staticData: { title: 'finops.title', module: 'finops', permission: 'finops.read' },
  validateSearch: finopsSearch,
  loader: (visit) => {
    const { days = USUAL_DAYS } = finopsSearch.parse(visit.location.search);
    beginPage(visit, (queries) => [
      queries.ensureQueryData(currentCostQuery),
      queries.ensureQueryData(usageQuery('model', startOfLastDays(days), true)),
      queries.ensureQueryData(usageQuery('key', startOfLastDays(days), true)),
    ]);
  },
  component: Finops,
});

function Finops() {
  const navigate = Route.useNavigate();
  return (
    <FinopsPage
      days={Route.useSearch().days ?? USUAL_DAYS}
      onDays={(days) => navigate({ search: { days }, replace: true })}
    />
  );
}
