import { useTranslation } from 'react-i18next';
import type { UsageItem } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Table } from '@/components/list/table';
import { Money } from '@/components/money';
import { Badge } from '@/components/ui/badge';
import { useFormat } from '@/lib/format';
import { usageName } from './names';
import type { UsageGroup } from './queries';

type UsageTableProps = { items: UsageItem[]; group: UsageGroup; title: string };

/** The numbers of a chart. */
export function UsageTable({ items, group, title }: UsageTableProps) {
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
    {
      id: 'requests',
      header: t('usage.requests'),
      align: 'right',
      cell: (item) => (
        <>
          {format.integer(item.requests)}
          {item.estimated_requests > 0 && (
            <span className="mt-0.5 block text-muted text-xs" title={t('usage.estimatedWhy')}>
              {t('usage.estimated', { count: item.estimated_requests })}
            </span>
          )}
        </>
      ),
    },
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
