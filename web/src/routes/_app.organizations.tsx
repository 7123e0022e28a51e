import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { OrganizationsPage } from '@/features/organizations/organizations-page';

export const Route = createFileRoute('/_app/organizations')({
  staticData: { title: 'organizations.title', unscoped: true },
  validateSearch: z.object({ create: z.catch(z.optional(z.boolean()), undefined) }),
  component: Organizations,
});

function Organizations() {
  const navigate = Route.useNavigate();
  return (
    <OrganizationsPage
      creating={Route.useSearch().create ?? false}
      onCreating={(create) => navigate({ search: { create: create || undefined } })}
    />
  );
}
