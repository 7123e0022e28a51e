import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { FinopsPage } from '@/features/finops/finops-page';

export const Route = createFileRoute('/_app/finops')({
  staticData: { title: 'finops.title', module: 'finops', permission: 'finops.read' },
  validateSearch: z.object({
    days: z
      .union([z.literal(7), z.literal(30), z.literal(90)])
      .optional()
      .catch(undefined),
  }),
  component: Finops,
});

function Finops() {
  const navigate = Route.useNavigate();
  return (
    <FinopsPage days={Route.useSearch().days ?? 30} onDays={(days) => navigate({ search: { days }, replace: true })} />
  );
}
