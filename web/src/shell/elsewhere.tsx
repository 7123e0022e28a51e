import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { ArrowLeftRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Organization } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { distinctNames } from '@/features/organizations/namesakes';
import { organizationsQuery } from '@/features/organizations/queries';
import { sectionOf } from '@/features/session/section';
import { enteringKey, enterOrganization, useMe } from '@/features/session/session';

/** Instead of a page whose address is good in another workspace of this person. */
export function Elsewhere({ organization }: { organization: Organization }) {
  const { t } = useTranslation();
  const me = useMe();
  const router = useRouter();
  const queries = useQueryClient();
  const organizations = useQuery(organizationsQuery).data?.items ?? [];
  const name = distinctNames(organizations)(organization);
  const here = me.current_organization_name ?? t('session.personal');
  // The address stays: it is good there.
  const enter = useMutation({
    mutationKey: enteringKey,
    mutationFn: () => enterOrganization(queries, organization.id),
  });
  return (
    <EmptyState
      icon={ArrowLeftRight}
      heading="h1"
      title={t('session.elsewhere', { name })}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          <Button variant="primary" pending={enter.isPending} onClick={() => enter.mutate()}>
            {t('session.switchTo', { name })}
          </Button>
          <Button asChild>
            <Link
              to={sectionOf(router, router.state.location.pathname)}
              search={{ workspace: me.current_organization_slug ?? undefined }}
            >
              {t('session.stayIn', { name: here })}
            </Link>
          </Button>
        </div>
      }
    >
      {t('session.elsewhereDetail', { here })}
      {enter.isError && <ProblemNotice error={enter.error} className="mt-3" />}
    </EmptyState>
  );
}
