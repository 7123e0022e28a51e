import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import type { Organization } from '@/api/shapes';
import { Facts } from '@/components/facts';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Field, Input } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/skeleton';
import { reloadSession, useCan } from '@/features/session/session';
import { showFieldProblems } from '@/lib/form-problems';
import { useFormat } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { ColorField } from './color-field';
import { DeleteOrganizationCard } from './delete-organization-card';
import { PoliciesCard } from './policies-card';
import { currentOrganizationQuery } from './queries';
import { roleLabel } from './role';

export function OrganizationSettingsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const canDelete = useCan('organization.delete');
  const query = useQuery(currentOrganizationQuery);
  return (
    <Page title={t('organizations.settings')} description={t('organizations.settingsDetail')} narrow>
      <Loaded query={query} skeleton={<Skeleton className="h-72" />}>
        {(organization) => (
          <>
            <SettingsForm organization={organization} />
            <PoliciesCard organization={organization} />
            <Card title={t('organizations.facts')}>
              <Facts
                facts={[
                  [t('organizations.yourRole'), roleLabel(t, organization.role)],
                  [t('members.title'), format.integer(organization.members_count)],
                  [t('organizations.plan'), planLabel(t, organization.subscription_plan)],
                  [t('organizations.createdAt'), format.date(organization.created_at)],
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

const settings = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)),
  slug: z.string().check(z.trim(), z.regex(/^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/)),
  color: z.string(),
});
type Settings = z.infer<typeof settings>;

function SettingsForm({ organization }: { organization: Organization }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const canUpdate = useCan('organization.update');
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Settings>({
    resolver: zodResolver(settings),
    values: { name: organization.name, slug: organization.slug, color: organization.color ?? '' },
    disabled: !canUpdate,
  });
  const { name: nameProblem, slug: slugProblem } = form.formState.errors;

  const save = form.handleSubmit(async ({ name, slug, color }) => {
    setError(null);
    try {
      const saved = await body(
        api.PATCH('/organizations/current', { body: { name, slug, color: color || undefined } }),
      );
      queries.setQueryData(currentOrganizationQuery.queryKey, saved);
      await Promise.all([queries.invalidateQueries({ queryKey: ['organizations'] }), reloadSession(queries)]);
      toast({ title: t('organizations.saved') });
    } catch (failure) {
      if (!showFieldProblems(failure, ['name', 'slug', 'color'], form.setError)) setError(failure);
    }
  });

  return (
    <Card title={t('organizations.identity')} description={canUpdate ? undefined : t('organizations.readOnly')}>
      <form onSubmit={save} noValidate className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <Field
          label={t('organizations.name')}
          error={nameProblem && (nameProblem.type === 'server' ? nameProblem.message : t('organizations.nameRequired'))}
        >
          <Input autoComplete="organization" maxLength={100} {...form.register('name')} />
        </Field>
        <Field
          label={t('organizations.slug')}
          hint={t('organizations.slugHint')}
          error={slugProblem && (slugProblem.type === 'server' ? slugProblem.message : t('problems.fieldCode.slug'))}
        >
          <Input
            autoComplete="off"
            spellCheck={false}
            maxLength={48}
            className="font-mono"
            {...form.register('slug')}
          />
        </Field>
        <ColorField
          value={form.watch('color') ?? ''}
          onChange={(color) => form.setValue('color', color, { shouldDirty: true })}
          disabled={!canUpdate}
        />
        {canUpdate && (
          <div>
            <Button
              type="submit"
              variant="primary"
              pending={form.formState.isSubmitting}
              disabled={!form.formState.isDirty}
            >
              {t('organizations.save')}
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}
