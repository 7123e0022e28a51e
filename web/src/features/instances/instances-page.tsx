import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Rocket, Server } from 'lucide-react';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Instance } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { List } from '@/components/list/list';
import { Money } from '@/components/money';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { Progress } from '@/components/ui/progress';
import { OperationalBadge } from '@/features/activation/operational-badge';
import { ScopeBadge } from '@/features/session/scope-badge';
import { ScopeFilter } from '@/features/session/scope-filter';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { shortId } from '@/lib/short-id';
import { usePlaceName } from './places';
import { instancesQuery } from './queries';
import type { InstancesSearch } from './search';
import { instanceName, instanceTitle, isComingUp, statusGroup, statusLabel } from './status';
import { StatusBadge } from './status-badge';

type InstancesPageProps = { search: InstancesSearch; onSearch: (change: Partial<InstancesSearch>) => void };

const filters = ['current', 'live', 'failed', 'ended', 'all'] as const;

export function InstancesPage({ search, onSearch }: InstancesPageProps) {
  const { t } = useTranslation();
  const query = useQuery(instancesQuery);
  const canDeploy = useCan('instance.create');
  const show = search.show ?? 'current';
  const { scope } = search;
  const placeName = usePlaceName();
  const columns = useColumns(placeName);
  const textOf = useCallback(
    (instance: Instance) => searchable(instance, statusLabel(t, instance.status), placeName(instance.zone_code)),
    [t, placeName],
  );
  const keep = useCallback(
    (instance: Instance) => isShown(show, statusGroup(instance.status)) && (!scope || instance.scope === scope),
    [show, scope],
  );
  const isFiltered = search.show !== undefined || scope !== undefined;
  const onlyFinished = !isFiltered && (query.data?.items.length ?? 0) > 0;

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
      <List
        name="instances"
        title={t('instances.title')}
        columns={columns}
        rowKey={({ id }) => id}
        query={query}
        search={search}
        onSearch={onSearch}
        find={t('instances.find')}
        textOf={textOf}
        keep={keep}
        filters={
          <>
            <ScopeFilter value={scope} onChange={(scope) => onSearch({ scope })} />
            <Select
              aria-label={t('instances.show')}
              className="w-auto"
              value={show}
              onChange={(event) =>
                onSearch({ show: filters.find((filter) => filter === event.target.value && filter !== 'current') })
              }
            >
              {filters.map((filter) => (
                <option key={filter} value={filter}>
                  {t(`instances.filter.${filter}`)}
                </option>
              ))}
            </Select>
          </>
        }
        filtered={isFiltered}
        onClear={() => onSearch({ q: undefined, show: undefined, scope: undefined })}
        usualSort="-created"
        empty={
          onlyFinished ? (
            <EmptyState
              icon={Server}
              title={t('instances.noneCurrent')}
              action={<Button onClick={() => onSearch({ show: 'ended' })}>{t('instances.showFinished')}</Button>}
            >
              {t('instances.noneCurrentDetail')}
            </EmptyState>
          ) : (
            <EmptyState icon={Server} title={t('instances.none')} action={deploy}>
              {canDeploy ? t('instances.noneDetail') : t('instances.noneForReaders')}
            </EmptyState>
          )
        }
      />
    </Page>
  );
}

function isShown(show: (typeof filters)[number], group: ReturnType<typeof statusGroup>): boolean {
  if (show === 'current') return group !== 'ended';
  return show === 'all' || group === show;
}

function searchable(instance: Instance, status: string, place: string): string {
  return [
    instance.name,
    instance.model_name,
    instance.id,
    place,
    instance.zone_code,
    instance.instance_type_code,
    instance.provider_code,
    status,
  ]
    .join(' ')
    .toLowerCase();
}

function useColumns(placeName: (code: string) => string): Column<Instance>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'model',
      header: t('instances.column.instance'),
      sortValue: instanceTitle,
      cell: (instance) => (
        <div className="sm:min-w-40">
          <Link
            to="/instances/$instanceId"
            params={{ instanceId: instance.id }}
            className="wrap-anywhere font-medium hover:underline"
            aria-label={instanceName(instance)}
          >
            {instanceTitle(instance)}
          </Link>
          <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-muted text-xs">
            {instance.name && <span>{instance.model_name}</span>}
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
      sortValue: (instance) => `${placeName(instance.zone_code)} ${instance.instance_type_code}`,
      cell: (instance) => (
        <>
          <div>{instance.instance_type_code}</div>
          <div className="text-muted text-xs">{placeName(instance.zone_code)}</div>
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
