import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus, Shapes } from 'lucide-react';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Model } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { List } from '@/components/list/list';
import { Page } from '@/components/page';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { OperationalBadge } from '@/features/activation/operational-badge';
import { ScopeBadge } from '@/features/session/scope-badge';
import { ScopeFilter } from '@/features/session/scope-filter';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { CreateModelDialog } from './create-model-dialog';
import { modelsQuery } from './queries';
import type { ModelsSearch } from './search';

type ModelsPageProps = { search: ModelsSearch; onSearch: (change: ModelsSearch) => void };

export function ModelsPage({ search, onSearch }: ModelsPageProps) {
  const { t } = useTranslation();
  const query = useQuery(modelsQuery);
  const columns = useColumns();
  const { scope } = search;
  const keep = useCallback((model: Model) => !scope || model.scope === scope, [scope]);
  const canCreate = useCan('model.create');
  const create = canCreate && (
    <Button variant="primary" onClick={() => onSearch({ create: true })}>
      <Plus aria-hidden />
      {t('models.create')}
    </Button>
  );
  return (
    <Page title={t('models.title')} description={t('models.description')} actions={create}>
      <List
        name="models"
        title={t('models.title')}
        columns={columns}
        rowKey={({ id }) => id}
        query={query}
        search={search}
        onSearch={onSearch}
        find={t('models.find')}
        textOf={searchable}
        keep={keep}
        filters={<ScopeFilter value={scope} onChange={(scope) => onSearch({ scope })} />}
        filtered={scope !== undefined}
        onClear={() => onSearch({ q: undefined, scope: undefined })}
        usualSort="-ready"
        empty={
          <EmptyState icon={Shapes} title={t('models.none')} action={create}>
            {t('models.noneDetail')}
          </EmptyState>
        }
      />
      {canCreate && (
        <CreateModelDialog
          open={search.create ?? false}
          onOpenChange={(open) => onSearch({ create: open || undefined })}
        />
      )}
    </Page>
  );
}

function searchable(model: Model): string {
  return `${model.name} ${model.model_id}`.toLowerCase();
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
      cell: (model) =>
        model.required_vram_gb > 0 ? t('common.gigabytes', { amount: format.integer(model.required_vram_gb) }) : '–',
    },
  ];
}
