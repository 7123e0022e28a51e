import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Rocket, SearchX, Server } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Instance } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Money } from '@/components/money';
import { Page } from '@/components/page';
import { SearchField } from '@/components/search-field';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { Progress } from '@/components/ui/progress';
import { TableSkeleton } from '@/components/ui/skeleton';
import { type Column, Table } from '@/components/ui/table';
import { OperationalBadge } from '@/features/activation/operational-badge';
import { ScopeBadge } from '@/features/session/scope-badge';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { shortId } from '@/lib/short-id';
import { formatSort, parseSort, sortRows } from '@/lib/sorting';
import { instancesQuery } from './queries';
import type { InstancesSearch } from './search';
import { instanceName, isComingUp, statusGroup, statusLabel } from './status';
import { StatusBadge } from './status-badge';

type InstancesPageProps = { search: InstancesSearch; onSearch: (change: Partial<InstancesSearch>) => void };

const filters = ['live', 'failed', 'ended', 'all'] as const;

export function InstancesPage({ search, onSearch }: InstancesPageProps) {
  const { t } = useTranslation();
  const query = useQuery(instancesQuery);
  const canDeploy = useCan('instance.create');
  const columns = useColumns();
  const sort = parseSort(search.sort ?? '-created');
  const show = search.show ?? 'all';

  const deploy = canDeploy && (
    <Button asChild variant="primary">
      <Link to="/instances/deploy">
        <Rocket aria-hidden />
        {t('instances.deploy')}
      </Link>
    </Button>
  );

  return (
    <Page title={t('instances.title')} description={t('instances.description')} actions={deploy}>
      <Card bodyClassName="p-0 sm:p-0">
        <div className="flex flex-wrap gap-2 border-border border-b p-3">
          <SearchField
            label={t('instances.find')}
            value={search.q ?? ''}
            onChange={(q) => onSearch({ q: q || undefined })}
          />
          <Select
            aria-label={t('instances.show')}
            className="w-auto"
            value={show}
            onChange={(event) =>
              onSearch({ show: filters.find((filter) => filter === event.target.value && filter !== 'all') })
            }
          >
            {filters.map((filter) => (
              <option key={filter} value={filter}>
                {t(`instances.filter.${filter}`)}
              </option>
            ))}
          </Select>
        </div>
        <Loaded query={query} skeleton={<TableSkeleton />}>
          {({ items, complete }) => {
            if (items.length === 0) {
              return (
                <EmptyState icon={Server} title={t('instances.none')} action={deploy}>
                  {canDeploy ? t('instances.noneDetail') : t('instances.noneForReaders')}
                </EmptyState>
              );
            }
            const words = (search.q ?? '').toLowerCase();
            const rows = items.filter(
              (instance) =>
                (show === 'all' || statusGroup(instance.status) === show) &&
                searchable(instance, statusLabel(t, instance.status)).includes(words),
            );
            if (rows.length === 0) {
              return (
                <EmptyState
                  icon={SearchX}
                  title={t('common.nothingFound')}
                  action={
                    <Button onClick={() => onSearch({ q: undefined, show: undefined })}>
                      {t('common.clearFilters')}
                    </Button>
                  }
                />
              );
            }
            return (
              <>
                <Table
                  caption={t('instances.title')}
                  columns={columns}
                  rows={sortRows(rows, columns, sort)}
                  rowKey={(instance) => instance.id}
                  sort={sort}
                  onSort={(next) => onSearch({ sort: formatSort(next) })}
                />
                {!complete && (
                  <p className="border-border border-t px-5 py-3 text-[13px] text-muted">{t('common.incomplete')}</p>
                )}
              </>
            );
          }}
        </Loaded>
      </Card>
    </Page>
  );
}

function searchable(instance: Instance, status: string): string {
  return [
    instance.model_name,
    instance.id,
    instance.zone_code,
    instance.instance_type_code,
    instance.provider_code,
    status,
  ]
    .join(' ')
    .toLowerCase();
}

function useColumns(): Column<Instance>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'model',
      header: t('instances.column.instance'),
      sortValue: (instance) => instance.model_name,
      cell: (instance) => (
        <div className="sm:min-w-40">
          <Link
            to="/instances/$instanceId"
            params={{ instanceId: instance.id }}
            className="font-medium hover:underline"
            aria-label={instanceName(instance)}
          >
            {instance.model_name}
          </Link>
          <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-muted text-xs">
            <span className="font-mono">{shortId(instance.id)}</span>
            <ScopeBadge organizationId={instance.organization_id} scope={instance.scope} />
          </div>
        </div>
      ),
    },
    {
      id: 'status',
      header: t('instances.column.status'),
      sortValue: (instance) => instance.status,
      cell: (instance) => (
        <div className="w-32">
          <StatusBadge status={instance.status} />
          {isComingUp(instance.status) && (
            <Progress
              className="mt-2"
              label={t('instances.progressOf', { name: instanceName(instance) })}
              percent={instance.progress_percent}
            />
          )}
        </div>
      ),
    },
    {
      id: 'activation',
      header: t('instances.activation.title'),
      hideBelow: 'md',
      cell: (instance) => (statusGroup(instance.status) === 'live' ? <OperationalBadge resource={instance} /> : null),
    },
    {
      id: 'place',
      header: t('instances.column.place'),
      hideBelow: 'lg',
      sortValue: (instance) => `${instance.zone_code} ${instance.instance_type_code}`,
      cell: (instance) => (
        <>
          <div>{instance.instance_type_code}</div>
          <div className="text-muted text-xs">{instance.zone_code}</div>
        </>
      ),
    },
    {
      id: 'cost',
      header: t('instances.column.cost'),
      align: 'right',
      hideBelow: 'sm',
      sortValue: (instance) => Number(instance.cost_to_date_eur),
      cell: (instance) => (
        <>
          <div>
            <Money value={instance.cost_to_date_eur} />
          </div>
          <div className="whitespace-nowrap text-muted text-xs">
            <Money price value={instance.cost_per_hour_eur} within={(price) => t('common.perHour', { price })} />
          </div>
        </>
      ),
    },
    {
      id: 'created',
      header: t('instances.column.created'),
      align: 'right',
      hideBelow: 'md',
      sortValue: (instance) => instance.created_at,
      cell: (instance) => (
        <time className="whitespace-nowrap" dateTime={instance.created_at}>
          {format.ago(instance.created_at)}
        </time>
      ),
    },
  ];
}
