import type { LinkProps } from '@tanstack/react-router';
import type { ParseKeys } from 'i18next';
import {
  Building2,
  ChartNoAxesColumn,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  type LucideIcon,
  MailPlus,
  MessageSquare,
  ScrollText,
  Server,
  Settings2,
  Shapes,
  UserCog,
  Users,
} from 'lucide-react';
import type { Me } from '@/api/shapes';
import type { ModuleName, Permission } from '@/features/session/permissions';
import { accessTo } from '@/features/session/session';

export type NavigationEntry = {
  to: NonNullable<LinkProps['to']>;
  label: ParseKeys;
  icon: LucideIcon;
  section: 'work' | 'organization' | 'finance' | 'platform';
  module?: ModuleName;
  permission?: Permission;
};

/** Every page that has a link. A new page is a file in routes/ and one entry here. */
export const navigation: NavigationEntry[] = [
  { to: '/', label: 'dashboard.title', icon: LayoutDashboard, section: 'work', module: 'dashboard' },
  { to: '/chat', label: 'chat.title', icon: MessageSquare, section: 'work', module: 'chat' },
  { to: '/api-keys', label: 'apiKeys.title', icon: KeyRound, section: 'work', module: 'api_keys' },
  { to: '/models', label: 'models.title', icon: Shapes, section: 'work', module: 'models' },
  { to: '/instances', label: 'instances.title', icon: Server, section: 'work', module: 'instances' },
  { to: '/finops', label: 'finops.title', icon: ChartNoAxesColumn, section: 'finance', module: 'finops' },
  {
    to: '/organization/members',
    label: 'members.title',
    icon: Users,
    section: 'organization',
    module: 'members',
  },
  {
    to: '/organization/invitations',
    label: 'invitations.title',
    icon: MailPlus,
    section: 'organization',
    module: 'invitations',
  },
  { to: '/users', label: 'users.title', icon: UserCog, section: 'organization', module: 'users' },
  { to: '/audit', label: 'audit.title', icon: ScrollText, section: 'organization', module: 'audit' },
  {
    to: '/organization/settings',
    label: 'organizations.settings',
    icon: Settings2,
    section: 'organization',
    permission: 'organization.read',
  },
  { to: '/organizations', label: 'organizations.title', icon: Building2, section: 'organization' },
  { to: '/platform/jobs', label: 'jobs.title', icon: ListChecks, section: 'platform', module: 'jobs' },
];

/** In Personal, a platform admin acts for the platform. */
export function isAtPlatform(me: Me): boolean {
  return me.platform_role === 'admin' && !me.current_organization_id;
}

export type VisibleEntry = NavigationEntry & { organizationRequired: boolean };

/**
 * What of the navigation a person sees: modules that only need an organization stay visible and say so, others are hidden. Platform admins
 * act for the platform in Personal: what they can open there of an organization's pages is about the platform.
 */
export function visibleNavigation(me: Me): VisibleEntry[] {
  const runsPlatform = isAtPlatform(me);
  return navigation.flatMap((entry): VisibleEntry[] => {
    const access = accessTo(me, entry);
    const section = runsPlatform && entry.section === 'organization' ? 'platform' : entry.section;
    if (access.allowed) return [{ ...entry, section, organizationRequired: false }];
    const advertised = entry.module !== undefined && access.reason === 'organization_required';
    return advertised ? [{ ...entry, organizationRequired: true }] : [];
  });
}
