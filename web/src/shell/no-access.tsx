import { useQuery } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { Building2, Lock } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { membersQuery } from '@/features/members/queries';
import { distinctNames } from '@/features/organizations/namesakes';
import { organizationsQuery } from '@/features/organizations/queries';
import { roleLabel } from '@/features/organizations/role';
import { useCan } from '@/features/session/session';
import { useSwitchWorkspace } from '@/features/session/switch-workspace';
import { rolesInWords } from '@/lib/permission-roles';
import { personName } from '@/lib/person-name';

type NoAccessProps = { reason: 'organization_required' | 'permission_required'; permission: string };

/** Why a page can't be had here, and who or what can change that. */
export function NoAccess({ reason, permission }: NoAccessProps) {
  return reason === 'organization_required' ? <NeedsOrganization /> : <NeedsPermission permission={permission} />;
}

function NeedsOrganization() {
  const { t } = useTranslation();
  const router = useRouter();
  const organizations = useQuery(organizationsQuery);
  const enter = useSwitchWorkspace();
  const nameOf = distinctNames(organizations.data?.items ?? []);
  const canCreate = useCan('organization.create');
  // There is nothing to choose from: the way on is the first organization.
  const hasNone = organizations.data?.items.length === 0 && canCreate;
  useEffect(() => {
    if (hasNone) void router.navigate({ to: '/organizations', search: { create: true, needed: true }, replace: true });
  }, [hasNone, router]);
  return (
    <EmptyState
      icon={Building2}
      heading="h1"
      title={t('session.organizationRequired')}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          {organizations.data?.items.slice(0, 5).map((organization) => (
            <Button key={organization.id} variant="primary" onClick={() => enter.mutate(organization.id)}>
              {t('session.switchTo', { name: nameOf(organization) })}
            </Button>
          ))}
          <Button asChild>
            <Link to="/organizations" search={{ create: true }}>
              {t('organizations.create')}
            </Link>
          </Button>
        </div>
      }
    >
      {t('session.organizationRequiredDetail')}
    </EmptyState>
  );
}

function NeedsPermission({ permission }: { permission: string }) {
  const { t, i18n } = useTranslation();
  const canSeeMembers = useCan('member.read');
  const members = useQuery({ ...membersQuery, enabled: canSeeMembers });
  // Shown so that people know whom to ask; nothing is decided from it.
  const administrators = members.data?.items.filter(({ role }) => role === 'owner' || role === 'admin') ?? [];
  return (
    <EmptyState icon={Lock} heading="h1" title={t('session.permissionRequired')}>
      <p>{t('session.permissionRequiredDetail', { roles: rolesInWords(t, i18n.language, permission) })}</p>
      {administrators.length > 0 && (
        <>
          <p className="mt-4">{t('session.askAdministrators')}</p>
          <ul className="mt-1">
            {administrators.slice(0, 8).map((member) => (
              <li key={member.user_id} className="text-foreground">
                {personName(member)} · {roleLabel(t, member.role)} · {member.email}
              </li>
            ))}
          </ul>
        </>
      )}
    </EmptyState>
  );
}
