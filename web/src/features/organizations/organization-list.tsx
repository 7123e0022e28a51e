import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Loaded } from '@/components/loaded';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { useMe } from '@/features/session/session';
import { useSwitchWorkspace } from '@/features/session/switch-workspace';
import { distinctNames } from './namesakes';
import { OrganizationMark } from './organization-mark';
import { organizationsQuery } from './queries';
import { roleLabel } from './role';

/** The organizations I belong to, with my role, and a way into each. */
export function OrganizationList() {
  const { t } = useTranslation();
  const me = useMe();
  const query = useQuery(organizationsQuery);
  const enter = useSwitchWorkspace();
  return (
    <Loaded query={query} skeleton={<Skeleton className="h-20" />}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="text-muted">{t('organizations.noneDetail')}</p>
        ) : (
          <ul aria-label={t('organizations.title')} className="divide-y divide-border">
            {items.map((organization) => (
              <li key={organization.id} className="flex flex-wrap items-center gap-3 py-3 first:pt-0 last:pb-0">
                <OrganizationMark name={organization.name} color={organization.color} />
                <div className="min-w-0 flex-1">
                  <p className="truncate font-medium">{organization.name}</p>
                  <p className="text-[13px] text-muted">
                    {organization.slug} · {roleLabel(t, organization.role)} ·{' '}
                    {t('organizations.membersCount', { count: organization.members_count })}
                  </p>
                </div>
                {organization.id === me.current_organization_id ? (
                  <Badge tone="success">{t('organizations.current')}</Badge>
                ) : (
                  <Button
                    size="sm"
                    aria-label={t('session.switchTo', { name: distinctNames(items)(organization) })}
                    disabled={enter.isPending}
                    onClick={() => enter.mutate(organization.id)}
                  >
                    {t('organizations.switch')}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}
