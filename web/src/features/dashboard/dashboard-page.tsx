import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Money } from '@/components/money';
import { Page } from '@/components/page';
import { Stat } from '@/components/stat';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { CostParts } from '@/features/finops/cost-parts';
import { currentCostQuery } from '@/features/finops/queries';
import { useCan, useMe } from '@/features/session/session';
import { startOfLastDays, usageQuery } from '@/features/usage/queries';
import { UsageCard } from '@/features/usage/usage-card';
import { useFormat } from '@/lib/format';
import { personName } from '@/lib/person-name';
import { NextSteps, useNextSteps } from './next-steps';
import { DAYS } from './period';

export function DashboardPage() {
  const { t } = useTranslation();
  const me = useMe();
  const wide = useCan('finops.read');
  const canChat = useCan('chat.use');
  const steps = useNextSteps();
  return (
    <Page title={t('dashboard.title')} description={t('dashboard.welcome', { name: personName(me) })}>
      <Numbers wide={wide} />
      {steps ? (
        <>
          <NextSteps steps={steps} />
          <UsageCard
            title={wide ? t('dashboard.usage') : t('dashboard.ownUsage')}
            group="day"
            days={DAYS}
            wide={wide}
            emptyAction={
              canChat && (
                <Button asChild>
                  <Link to="/chat">{t('dashboard.openChat')}</Link>
                </Button>
              )
            }
          />
        </>
      ) : (
        // Together: what comes next stands above the usage, and would push it down.
        <div aria-busy="true">
          <Skeleton className="h-96" />
        </div>
      )}
    </Page>
  );
}

function Numbers({ wide }: { wide: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const usage = useQuery(usageQuery('day', startOfLastDays(DAYS), wide));
  const cost = useQuery({ ...currentCostQuery, enabled: wide });
  const total = usage.data?.total;
  const period = t('usage.lastDays', { count: DAYS });
  // What can't be loaded says so in the card below; here a dash keeps the layout.
  const shown = (value: ReactNode | undefined, failed: boolean) => value ?? (failed ? '–' : undefined);
  return (
    <dl className="grid grid-cols-2 gap-4 lg:grid-cols-4">
      <Stat
        label={t('usage.requests')}
        detail={period}
        value={shown(total && format.integer(total.requests), usage.isError)}
      />
      <Stat
        label={t('usage.tokens')}
        detail={
          total &&
          t('dashboard.tokenSplit', {
            input: format.compact(total.input_tokens),
            output: format.compact(total.output_tokens),
          })
        }
        value={shown(total && format.compact(total.input_tokens + total.output_tokens), usage.isError)}
      />
      <Stat
        label={t('usage.charge')}
        detail={total && total.requests > 0 && Number(total.charge_eur) === 0 ? t('usage.ownAreFree') : period}
        value={shown(total && <Money value={total.charge_eur} />, usage.isError)}
      />
      {wide && (
        <Stat
          label={t('dashboard.costToday')}
          detail={
            cost.data && (
              <CostParts
                total={cost.data.today_eur}
                instances={cost.data.today_instances_eur}
                tokens={cost.data.today_tokens_eur}
              />
            )
          }
          value={shown(cost.data && <Money value={cost.data.today_eur} />, cost.isError)}
        />
      )}
    </dl>
  );
}
