import { createFileRoute } from '@tanstack/react-router';
import { currentOrganizationQuery, deletionPreviewQuery } from '@/features/organizations/queries';
import { OrganizationSettingsPage } from '@/features/organizations/settings-page';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/organization/settings')({
  staticData: { title: 'organizations.settings', permission: 'organization.read' },
  loader: (visit) =>
    beginPage(visit, (queries, me) => [
      queries.ensureQueryData(currentOrganizationQuery),
      ...(me.permissions.includes('organization.delete') ? [queries.ensureQueryData(deletionPreviewQuery)] : []),
    ]),
  component: OrganizationSettingsPage,
});
