import { createFileRoute } from '@tanstack/react-router';
import { OrganizationSettingsPage } from '@/features/organizations/settings-page';

export const Route = createFileRoute('/_app/organization/settings')({
  staticData: { title: 'organizations.settings', permission: 'organization.read' },
  component: OrganizationSettingsPage,
});
