import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { ApiKey } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { ScopeBadge } from '@/components/scope-badge';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { TableSkeleton } from '@/components/ui/skeleton';
import { type Column, Table } from '@/components/ui/table';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { CreateKeyDialog } from './create-key-dialog';
import { keyStateLabel, keyTone } from './key-state';
import { apiKeysQuery } from './queries';
import { SnippetTabs } from './snippet-tabs';

type ApiKeysPageProps = { creating: boolean; onCreating: (creating: boolean) => void };

export function ApiKeysPage({ creating, onCreating }: ApiKeysPageProps) {
  const { t } = useTranslation();
  const query = useQuery(apiKeysQuery);
  const canCreate = useCan('api_key.create');
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const columns = useColumns(setRevoking);

  const create = canCreate && (
    <Button variant="primary" onClick={() => onCreating(true)}>
      <Plus aria-hidden />
      {t('apiKeys.create')}
    </Button>
  );

  return (
    <Page title={t('apiKeys.title')} description={t('apiKeys.description')} actions={create}>
      <Card bodyClassName="p-0 sm:p-0">
        <Loaded query={query} skeleton={<TableSkeleton rows={3} />}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={KeyRound} title={t('apiKeys.none')} action={create}>
                {canCreate ? t('apiKeys.noneDetail') : t('apiKeys.noneForReaders')}
              </EmptyState>
            ) : (
              <Table caption={t('apiKeys.title')} columns={columns} rows={items} rowKey={(key) => key.id} />
            )
          }
        </Loaded>
      </Card>
      <Card title={t('apiKeys.snippets')} description={t('apiKeys.snippetsDetail')}>
        <SnippetTabs secret="YOUR_API_KEY" />
      </Card>
      {canCreate && <CreateKeyDialog open={creating} onOpenChange={onCreating} />}
      <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />
    </Page>
  );
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  if (!apiKey) return null;
  const revoke = async () => {
    await api.DELETE('/api_keys/{id}', { params: { path: { id: apiKey.id } } });
    await queries.invalidateQueries({ queryKey: ['api_keys'] });
    toast({ title: t('apiKeys.revokedToast', { name: apiKey.name }) });
  };
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('apiKeys.revokeTitle', { name: apiKey.name })}
      confirmLabel={t('apiKeys.revokeConfirm')}
      onConfirm={revoke}
    >
      {t('apiKeys.revokeDetail')}
    </ConfirmDialog>
  );
}

function useColumns(onRevoke: (key: ApiKey) => void): Column<ApiKey>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const canRevoke = useCan('api_key.revoke');
  return [
    {
      id: 'name',
      header: t('apiKeys.name'),
      cell: (key) => (
        <>
          <div className="font-medium">{key.name}</div>
          <div className="mt-0.5 break-all font-mono text-muted text-xs">{key.prefix}…</div>
        </>
      ),
    },
    {
      id: 'state',
      header: t('apiKeys.column.state'),
      cell: (key) => (
        <Badge tone={keyTone(key.state)} dot>
          {keyStateLabel(t, key.state)}
        </Badge>
      ),
    },
    {
      id: 'scope',
      header: t('apiKeys.column.scope'),
      hideBelow: 'md',
      cell: (key) => <ScopeBadge organizationId={key.organization_id} scope={key.scope} />,
    },
    {
      id: 'used',
      header: t('apiKeys.column.used'),
      hideBelow: 'md',
      cell: (key) => (key.last_used_at ? format.ago(key.last_used_at) : t('common.never')),
    },
    {
      id: 'expires',
      header: t('apiKeys.expires'),
      hideBelow: 'sm',
      cell: (key) => (key.expires_at ? format.date(key.expires_at) : t('common.never')),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      headerHidden: true,
      align: 'right',
      cell: (key) =>
        canRevoke && key.state === 'active' ? (
          <Button
            size="sm"
            variant="ghost"
            aria-label={t('apiKeys.revoke', { name: key.name })}
            onClick={() => onRevoke(key)}
          >
            {t('apiKeys.revokeShort')}
          </Button>
        ) : null,
    },
  ];
}
