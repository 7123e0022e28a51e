import { useQuery } from '@tanstack/react-query';
import { ChartNoAxesColumn } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { UsageItem } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Money } from '@/components/money';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Skeleton } from '@/components/ui/skeleton';
import { type Column, Table } from '@/components/ui/table';
import { Tabs } from '@/components/ui/tabs';
import { useFormat } from '@/lib/format';
import { withoutGaps } from './days';
import { usageName } from './names';
import { daysAgo, type UsageGroup, usageQuery } from './queries';

// The chart library is a third of all scripts: it waits until there is something to draw.
const UsageChart = lazy(() => import('./usage-chart').then((module) => ({ default: module.UsageChart })));

type UsageCardProps = { title: string; group: UsageGroup; days: number; wide: boolean; emptyAction?: ReactNode };

/** Tokens by day, model or key: a chart, and the same numbers as a table. */
export function UsageCard({ title, group, days, wide, emptyAction }: UsageCardProps) {
  const { t } = useTranslation();
  const query = useQuery(usageQuery(group, daysAgo(days), wide));
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
                      <UsageChart items={group === 'day' ? withoutGaps(items) : items} group={group} title={title} />
                    </Suspense>
                  ),
                },
                {
                  value: 'table',
                  label: t('usage.table'),
                  content: <UsageTable items={items} group={group} title={title} />,
                },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

function UsageTable({ items, group, title }: { items: UsageItem[]; group: UsageGroup; title: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns: Column<UsageItem>[] = [
    {
      id: 'key',
      header: t(`usage.group.${group}`),
      cell: (item) => (
        <>
          {usageName(t, format, group, item)}
          {item.api_key && (
            <span className="mt-0.5 flex flex-wrap items-center gap-1.5 break-all font-mono text-muted text-xs">
              {item.api_key.prefix}…{item.api_key.replaced && <Badge>{t('usage.replaced')}</Badge>}
            </span>
          )}
        </>
      ),
    },
    { id: 'requests', header: t('usage.requests'), align: 'right', cell: (item) => format.integer(item.requests) },
    {
      id: 'input',
      header: t('usage.input'),
      align: 'right',
      hideBelow: 'sm',
      cell: (item) => format.integer(item.input_tokens),
    },
    {
      id: 'cached',
      header: t('usage.cached'),
      align: 'right',
      hideBelow: 'md',
      cell: (item) => format.integer(item.cached_input_tokens),
    },
    {
      id: 'output',
      header: t('usage.output'),
      align: 'right',
      hideBelow: 'sm',
      cell: (item) => format.integer(item.output_tokens),
    },
    { id: 'charge', header: t('usage.charge'), align: 'right', cell: (item) => <Money value={item.charge_eur} /> },
  ];
  return <Table caption={title} columns={columns} rows={items} rowKey={(item) => item.key ?? ''} />;
}
