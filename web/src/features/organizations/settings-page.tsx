import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Facts } from '@/components/facts';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { Card } from '@/components/ui/card';
import { Skeleton } from '@/components/ui/skeleton';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { DeleteOrganizationCard } from './delete-organization-card';
import { PoliciesCard } from './policies-card';
import { currentOrganizationQuery } from './queries';
import { roleLabel } from './role';
import { SettingsForm } from './settings-form';

export function OrganizationSettingsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const canDelete = useCan('organization.delete');
  const query = useQuery(currentOrganizationQuery);
  return (
    <Page title={t('organizations.settings')} description={t('organizations.settingsDetail')} narrow>
      <Loaded query={query} skeleton={<Skeleton className="h-72" />}>
        {(found) => (
          <>
            <SettingsForm found={found} />
            <PoliciesCard organization={found.value} />
            <Card title={t('organizations.facts')}>
              <Facts
                facts={[
                  [t('organizations.yourRole'), roleLabel(t, found.value.role)],
                  [t('members.title'), format.integer(found.value.members_count)],
                  [t('organizations.plan'), planLabel(t, found.value.subscription_plan)],
                  [t('organizations.createdAt'), format.date(found.value.created_at)],
                ]}
              />
            </Card>
            {canDelete && <DeleteOrganizationCard />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** The plan in words; one this console doesn't know yet is shown as the server calls it. */
function planLabel(t: TFunction, plan: string): string {
  return plan === 'free' || plan === 'subscriber' ? t(`organizations.plans.${plan}`) : plan;
}
