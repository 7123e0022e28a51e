import { useQuery } from '@tanstack/react-query';
import { ChartNoAxesColumn } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Loaded } from '@/components/loaded';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Skeleton } from '@/components/ui/skeleton';
import { Tabs } from '@/components/ui/tabs';
import { everyDay } from './days';
import { startOfLastDays, type UsageGroup, usageQuery } from './queries';

// The chart library is a third of all scripts: it waits until there is something to draw.
const UsageChart = lazy(() => import('./usage-chart').then((module) => ({ default: module.UsageChart })));
// So does the table, until somebody wants the numbers.
const UsageTable = lazy(() => import('./usage-table').then((module) => ({ default: module.UsageTable })));

type UsageCardProps = { title: string; group: UsageGroup; days: number; wide: boolean; emptyAction?: ReactNode };

/** Tokens by day, model or key: a chart, and the same numbers as a table. */
export function UsageCard({ title, group, days, wide, emptyAction }: UsageCardProps) {
  const { t } = useTranslation();
  const query = useQuery(usageQuery(group, startOfLastDays(days), wide));
  return (
    <Card title={title} description={t('usage.lastDays', { count: days })}>
      <Loaded query={query} skeleton={<Skeleton className="h-72" />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={ChartNoAxesColumn} title={t('usage.none')} action={emptyAction}>
              {t('usage.noneDetail')}
            </EmptyState>
          ) : (
            <Tabs
              label={t('usage.view', { title })}
              tabs={[
                {
                  value: 'chart',
                  label: t('usage.chart'),
                  content: (
                    <Suspense fallback={<Skeleton className="h-64" />}>
                      <UsageChart
                        items={group === 'day' ? everyDay(items, startOfLastDays(days)) : items}
                        group={group}
                        title={title}
                      />
                    </Suspense>
                  ),
                },
                {
                  value: 'table',
                  label: t('usage.table'),
                  content: (
                    <Suspense fallback={<Skeleton className="h-64" />}>
                      <UsageTable items={items} group={group} title={title} />
                    </Suspense>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}
