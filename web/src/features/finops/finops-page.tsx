import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Loaded } from '@/components/loaded';
import { Money } from '@/components/money';
import { Page } from '@/components/page';
import { Stat } from '@/components/stat';
import { Card } from '@/components/ui/card';
import { Select } from '@/components/ui/field';
import { Skeleton, TableSkeleton } from '@/components/ui/skeleton';
import { startOfLastDays, usageQuery } from '@/features/usage/queries';
import { UsageCard } from '@/features/usage/usage-card';
import { BilledInstances } from './billed-instances';
import { CostParts } from './cost-parts';
import { DailyCostCard } from './daily-cost-card';
import { currentCostQuery } from './queries';

const periods = [7, 30, 90] as const;
export type Period = (typeof periods)[number];

export function FinopsPage({ days, onDays }: { days: Period; onDays: (days: Period) => void }) {
  const { t } = useTranslation();
  const cost = useQuery(currentCostQuery);
  return (
    <Page
      title={t('finops.title')}
      description={t('finops.description')}
      actions={
        <Select
          aria-label={t('finops.period')}
          className="w-auto"
          value={days}
          onChange={(event) => onDays(periods.find((period) => period === Number(event.target.value)) ?? 30)}
        >
          {periods.map((period) => (
            <option key={period} value={period}>
              {t('usage.lastDays', { count: period })}
            </option>
          ))}
        </Select>
      }
    >
      <Loaded query={cost} skeleton={<Skeleton className="h-24" />}>
        {(current) => (
          <dl className="grid gap-4 sm:grid-cols-3">
            <Stat
              label={t('finops.now')}
              value={
                <Money price value={current.cost_per_hour_eur} within={(price) => t('common.perHour', { price })} />
              }
            />
            <Stat
              label={t('finops.today')}
              value={<Money value={current.today_eur} />}
              detail={
                <CostParts
                  total={current.today_eur}
                  instances={current.today_instances_eur}
                  tokens={current.today_tokens_eur}
                />
              }
            />
            <Stat
              label={t('finops.month')}
              value={<Money value={current.month_to_date_eur} />}
              detail={
                <CostParts
                  total={current.month_to_date_eur}
                  instances={current.month_to_date_instances_eur}
                  tokens={current.month_to_date_tokens_eur}
                />
              }
            />
          </dl>
        )}
      </Loaded>
      <FreeTokens days={days} />
      <DailyCostCard days={days} />
      <UsageCard title={t('finops.byModel')} group="model" days={days} wide />
      <UsageCard title={t('finops.byKey')} group="key" days={days} wide />
      <Loaded query={cost} skeleton={<InstancesSkeleton />}>
        {({ instances }) => <BilledInstances instances={instances} />}
      </Loaded>
    </Page>
  );
}

/** Where tokens were used and nothing was charged: why that is so. */
function FreeTokens({ days }: { days: Period }) {
  const { t } = useTranslation();
  const total = useQuery(usageQuery('model', startOfLastDays(days), true)).data?.total;
  if (!total || total.requests === 0 || Number(total.charge_eur) > 0) return null;
  return <p className="text-[13px] text-muted">{t('usage.ownAreFree')}</p>;
}

function InstancesSkeleton() {
  const { t } = useTranslation();
  return (
    <Card title={t('finops.running')} bodyClassName="px-0 sm:px-0">
      <TableSkeleton rows={2} />
    </Card>
  );
}
