import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus, SearchX, Shapes } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Model } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { SearchField } from '@/components/search-field';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { TableSkeleton } from '@/components/ui/skeleton';
import { type Column, Table } from '@/components/ui/table';
import { OperationalBadge } from '@/features/activation/operational-badge';
import { ScopeBadge } from '@/features/session/scope-badge';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { formatSort, parseSort, sortRows } from '@/lib/sorting';
import { CreateModelDialog } from './create-model-dialog';
import { modelsQuery } from './queries';
import type { ModelsSearch } from './search';

type ModelsPageProps = { search: ModelsSearch; onSearch: (change: ModelsSearch) => void };

export function ModelsPage({ search, onSearch }: ModelsPageProps) {
  const { t } = useTranslation();
  const query = useQuery(modelsQuery);
  const columns = useColumns();
  const canCreate = useCan('model.create');
  const words = search.q ?? '';
  const sort = parseSort(search.sort);
  const create = canCreate && (
    <Button variant="primary" onClick={() => onSearch({ create: true })}>
      <Plus aria-hidden />
      {t('models.create')}
    </Button>
  );
  return (
    <Page title={t('models.title')} description={t('models.description')} actions={create}>
      <Card bodyClassName="p-0 sm:p-0">
        <div className="flex border-border border-b p-3">
          <SearchField label={t('models.find')} value={words} onChange={(q) => onSearch({ q: q || undefined })} />
        </div>
        <Loaded query={query} skeleton={<TableSkeleton />}>
          {({ items }) => {
            if (items.length === 0) {
              return (
                <EmptyState icon={Shapes} title={t('models.none')} action={create}>
                  {t('models.noneDetail')}
                </EmptyState>
              );
            }
            const rows = items.filter((model) =>
              `${model.name} ${model.model_id}`.toLowerCase().includes(words.toLowerCase()),
            );
            if (rows.length === 0) return <EmptyState icon={SearchX} title={t('common.nothingFound')} />;
            return (
              <Table
                caption={t('models.title')}
                columns={columns}
                rows={sortRows(rows, columns, sort)}
                rowKey={(model) => model.id}
                sort={sort}
                onSort={(next) => onSearch({ sort: formatSort(next) })}
              />
            );
          }}
        </Loaded>
      </Card>
      {canCreate && (
        <CreateModelDialog
          open={search.create ?? false}
          onOpenChange={(open) => onSearch({ create: open || undefined })}
        />
      )}
    </Page>
  );
}

function useColumns(): Column<Model>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'name',
      header: t('models.column.model'),
      sortValue: (model) => model.name,
      cell: (model) => (
        <div className="min-w-44">
          <Link to="/models/$modelId" params={{ modelId: model.id }} className="font-medium hover:underline">
            {model.name}
          </Link>
          <div className="mt-0.5 break-all font-mono text-muted text-xs">{model.model_id}</div>
        </div>
      ),
    },
    {
      id: 'scope',
      header: t('models.column.scope'),
      hideBelow: 'sm',
      cell: (model) => <ScopeBadge organizationId={model.organization_id} scope={model.scope} />,
    },
    {
      id: 'activation',
      header: t('instances.activation.title'),
      hideBelow: 'md',
      cell: (model) => <OperationalBadge resource={model} />,
    },
    {
      id: 'ready',
      header: t('models.column.ready'),
      sortValue: (model) => model.ready_instances,
      cell: (model) => (
        <Badge tone={model.ready_instances > 0 ? 'success' : 'neutral'} dot>
          {t('models.readyInstances', { count: model.ready_instances })}
        </Badge>
      ),
    },
    {
      id: 'context',
      header: t('models.column.context'),
      sortValue: (model) => model.context_length,
      align: 'right',
      hideBelow: 'lg',
      cell: (model) => format.integer(model.context_length),
    },
    {
      id: 'vram',
      header: t('models.column.vram'),
      sortValue: (model) => model.required_vram_gb,
      align: 'right',
      hideBelow: 'lg',
      cell: (model) => t('common.gigabytes', { amount: format.integer(model.required_vram_gb) }),
    },
  ];
}
