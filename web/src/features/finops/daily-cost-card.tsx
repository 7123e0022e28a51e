import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { DayCost } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Table } from '@/components/list/table';
import { Loaded } from '@/components/loaded';
import { Money } from '@/components/money';
import { Card } from '@/components/ui/card';
import { Skeleton } from '@/components/ui/skeleton';
import { Tabs } from '@/components/ui/tabs';
import { startOfLastDays } from '@/features/usage/queries';
import { useFormat } from '@/lib/format';
import { currentCostQuery, dailyCostQuery } from './queries';
import { withToday } from './today';

// With the chart library, which waits until there is something to draw.
const CostChart = lazy(() => import('./cost-chart').then((module) => ({ default: module.CostChart })));

/** What each day cost: a chart, and the same numbers as a table. */
export function DailyCostCard({ days }: { days: number }) {
  const { t } = useTranslation();
  const query = useQuery(dailyCostQuery(startOfLastDays(days)));
  const current = useQuery(currentCostQuery).data;
  const title = t('finops.byDay');
  return (
    <Card title={title} description={t('usage.lastDays', { count: days })}>
      <Loaded query={query} skeleton={<Skeleton className="h-72" />}>
        {(days) => {
          const { items, cost_eur: total } = withToday(days, current);
          return (
            <Tabs
              label={t('usage.view', { title })}
              tabs={[
                {
                  value: 'chart',
                  label: t('usage.chart'),
                  content: (
                    <Suspense fallback={<Skeleton className="h-64" />}>
                      <CostChart items={items} total={total} title={title} />
                    </Suspense>
                  ),
                },
                { value: 'table', label: t('usage.table'), content: <DayTable items={items} title={title} /> },
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}

function DayTable({ items, title }: { items: DayCost[]; title: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const partsOf = (day: DayCost) => format.moneyParts(day.cost_eur, [day.instances_eur, day.tokens_eur]);
  const columns: Column<DayCost>[] = [
    { id: 'day', header: t('usage.group.day'), cell: ({ day }) => format.day(day) },
    {
      id: 'instances',
      header: t('finops.instances'),
      align: 'right',
      cell: (day) => <Money value={day.instances_eur} shown={partsOf(day)[0]} />,
    },
    {
      id: 'tokens',
      header: t('finops.tokens'),
      align: 'right',
      cell: (day) => <Money value={day.tokens_eur} shown={partsOf(day)[1]} />,
    },
    { id: 'total', header: t('finops.total'), align: 'right', cell: (day) => <Money value={day.cost_eur} /> },
  ];
  return <Table caption={title} columns={columns} rows={[...items].reverse()} rowKey={({ day }) => day} />;
}
