import { Link } from '@tanstack/react-router';
import { Server } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { CurrentCost } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Table } from '@/components/list/table';
import { Money } from '@/components/money';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { instanceTitle } from '@/features/instances/status';
import { StatusBadge } from '@/features/instances/status-badge';
import { useFormat } from '@/lib/format';
import { shortId } from '@/lib/short-id';

type Billed = CurrentCost['instances'][number];

/** What costs something now, and apart from it what did so earlier this month. */
export function BilledInstances({ instances }: { instances: Billed[] }) {
  const { t } = useTranslation();
  const { instance, status, since, hour, cost } = useColumns();
  const running = useMemo(() => instances.filter(isBilledNow), [instances]);
  const ended = useMemo(() => instances.filter((one) => !isBilledNow(one)), [instances]);
  return (
    <>
      <Card title={t('finops.running')} bodyClassName="px-0 sm:px-0">
        {running.length === 0 ? (
          <EmptyState icon={Server} title={t('finops.noneRunning')}>
            {t('finops.noneRunningDetail')}
          </EmptyState>
        ) : (
          <Table
            caption={t('finops.running')}
            columns={[instance, status, since, hour, cost]}
            rows={running}
            rowKey={idOf}
          />
        )}
      </Card>
      {ended.length > 0 && (
        <Card title={t('finops.ended')} description={t('finops.endedDetail')} bodyClassName="px-0 sm:px-0">
          <Table caption={t('finops.ended')} columns={[instance, status, cost]} rows={ended} rowKey={idOf} />
        </Card>
      )}
    </>
  );
}

/** Not a matter of status: a server that failed may cost until it is terminated. */
function isBilledNow(instance: Billed): boolean {
  return instance.billed_since != null;
}

function idOf(instance: Billed): string {
  return instance.instance_id;
}

function useColumns() {
  const { t } = useTranslation();
  const format = useFormat();
  return {
    instance: {
      id: 'instance',
      header: t('instances.column.instance'),
      cell: (instance) => (
        <Link
          to="/instances/$instanceId"
          params={{ instanceId: instance.instance_id }}
          className="wrap-anywhere font-medium hover:underline"
        >
          {instanceTitle(instance)}{' '}
          <span className="font-mono text-muted text-xs">{shortId(instance.instance_id)}</span>
        </Link>
      ),
    },
    status: {
      id: 'status',
      header: t('instances.column.status'),
      cell: (instance) => <StatusBadge status={instance.status} />,
    },
    since: {
      id: 'since',
      header: t('finops.since'),
      hideBelow: 'md',
      cell: (instance) => format.dateTime(instance.billed_since),
    },
    hour: {
      id: 'hour',
      header: t('finops.hourly'),
      align: 'right',
      hideBelow: 'sm',
      cell: (instance) => <Money price value={instance.cost_per_hour_eur} />,
    },
    cost: {
      id: 'cost',
      header: t('instances.costSoFar'),
      align: 'right',
      cell: (instance) => <Money value={instance.cost_to_date_eur} />,
    },
  } satisfies Record<string, Column<Billed>>;
}
