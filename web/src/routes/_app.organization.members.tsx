import { createFileRoute } from '@tanstack/react-router';
import { MembersPage } from '@/features/organizations/members-page';

export const Route = createFileRoute('/_app/organization/members')({
  staticData: { title: 'organizations.members', module: 'members' },
  component: MembersPage,
});
