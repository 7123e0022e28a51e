import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { OrganizationsPage } from '@/features/organizations/organizations-page';
import { organizationsQuery } from '@/features/organizations/queries';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/organizations')({
  staticData: { title: 'organizations.title', unscoped: true },
  validateSearch: z.object({
    create: z.catch(z.optional(z.boolean()), undefined),
    /** Somebody was led here by a page that needs an organization. */
    needed: z.catch(z.optional(z.boolean()), undefined),
  }),
  loader: (visit) => beginPage(visit, (queries) => [queries.ensureQueryData(organizationsQuery)]),
  component: Organizations,
});

function Organizations() {
  const navigate = Route.useNavigate();
  const { create, needed } = Route.useSearch();
  return (
    <OrganizationsPage
      creating={create ?? false}
      needed={needed ?? false}
      onCreating={(create) => navigate({ search: { create: create || undefined, needed } })}
    />
  );
}
