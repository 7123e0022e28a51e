import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { FinopsPage } from '@/features/finops/finops-page';

export const Route = createFileRoute('/_app/finops')({
  staticData: { title: 'finops.title', module: 'finops', permission: 'finops.read' },
  validateSearch: z.object({
    days: z.catch(z.optional(z.literal([7, 30, 90])), undefined),
  }),
  component: Finops,
});

function Finops() {
  const navigate = Route.useNavigate();
  return (
    <FinopsPage days={Route.useSearch().days ?? 30} onDays={(days) => navigate({ search: { days }, replace: true })} />
  );
}
