import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Server } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { CurrentCost } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { Stat } from '@/components/stat';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { Skeleton, TableSkeleton } from '@/components/ui/skeleton';
import { type Column, Table } from '@/components/ui/table';
import { StatusBadge } from '@/features/instances/status-badge';
import { UsageCard } from '@/features/usage/usage-card';
import { useFormat } from '@/lib/format';
import { currentCostQuery } from './queries';

const periods = [7, 30, 90] as const;
export type Period = (typeof periods)[number];

export function FinopsPage({ days, onDays }: { days: Period; onDays: (days: Period) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
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
              value={t('common.perHour', { price: format.exactMoney(current.cost_per_hour_eur) })}
            />
            <Stat label={t('finops.today')} value={format.money(current.today_eur)} />
            <Stat label={t('finops.month')} value={format.money(current.month_to_date_eur)} />
          </dl>
        )}
      </Loaded>
      <UsageCard title={t('finops.byModel')} group="model" days={days} wide />
      <UsageCard title={t('finops.byKey')} group="key" days={days} wide />
      <Card title={t('finops.running')} bodyClassName="px-0 sm:px-0">
        <Loaded query={cost} skeleton={<TableSkeleton rows={2} />}>
          {({ instances }) => <RunningInstances instances={instances} />}
        </Loaded>
      </Card>
    </Page>
  );
}

function RunningInstances({ instances }: { instances: CurrentCost['instances'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (instances.length === 0) {
    return (
      <EmptyState icon={Server} title={t('finops.noneRunning')}>
        {t('finops.noneRunningDetail')}
      </EmptyState>
    );
  }
  const columns: Column<CurrentCost['instances'][number]>[] = [
    {
      id: 'instance',
      header: t('instances.column.instance'),
      cell: (instance) => (
        <Link
          to="/instances/$instanceId"
          params={{ instanceId: instance.instance_id }}
          className="font-medium hover:underline"
        >
          {instance.model_name} <span className="font-mono text-muted text-xs">{instance.instance_id.slice(0, 8)}</span>
        </Link>
      ),
    },
    {
      id: 'status',
      header: t('instances.column.status'),
      cell: (instance) => <StatusBadge status={instance.status} />,
    },
    {
      id: 'since',
      header: t('finops.since'),
      hideBelow: 'md',
      cell: (instance) => format.dateTime(instance.billed_since),
    },
    {
      id: 'hour',
      header: t('finops.hourly'),
      align: 'right',
      hideBelow: 'sm',
      cell: (instance) => format.exactMoney(instance.cost_per_hour_eur),
    },
    {
      id: 'cost',
      header: t('instances.costSoFar'),
      align: 'right',
      cell: (instance) => format.money(instance.cost_to_date_eur),
    },
  ];
  return (
    <Table
      caption={t('finops.running')}
      columns={columns}
      rows={instances}
      rowKey={(instance) => instance.instance_id}
    />
  );
}
