import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Organization } from '@/api/shapes';
import { tagged } from '@/api/tagged';
import { ProblemNotice } from '@/components/problem-notice';
import { Card } from '@/components/ui/card';
import { Checkbox } from '@/components/ui/field';
import { reloadSession, useCan } from '@/features/session/session';
import { toast } from '@/lib/toasts';
import { currentOrganizationQuery } from './queries';

const policies = ['members_can_create_keys', 'approve_before_provisioning'] as const;
type Policy = (typeof policies)[number];

/** What the organization lets its members do. Each switch is saved at once. */
export function PoliciesCard({ organization }: { organization: Organization }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const canChange = useCan('organization.policy');
  const change = useMutation({
    mutationFn: ({ policy, value }: { policy: Policy; value: boolean }) =>
      tagged(api.PATCH('/organizations/current/policies', { body: { [policy]: value } })),
    onSuccess: async (saved) => {
      queries.setQueryData(currentOrganizationQuery.queryKey, saved);
      toast({ title: t('organizations.policySaved') });
      // A policy may change what I may do.
      await reloadSession(queries);
    },
  });
  return (
    <Card title={t('organizations.policies')} description={canChange ? undefined : t('organizations.policiesReadOnly')}>
      <fieldset disabled={!canChange || change.isPending} className="grid gap-4">
        <legend className="sr-only">{t('organizations.policies')}</legend>
        {policies.map((policy) => (
          <Checkbox
            key={policy}
            label={t(`organizations.policy.${policy}`)}
            hint={t(`organizations.policyHint.${policy}`)}
            checked={
              change.isPending && change.variables.policy === policy ? change.variables.value : organization[policy]
            }
            onChange={() => change.mutate({ policy, value: !organization[policy] })}
          />
        ))}
      </fieldset>
      {change.isError && <ProblemNotice error={change.error} className="mt-4" />}
    </Card>
  );
}
