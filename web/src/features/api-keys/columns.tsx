import { Ban, Ellipsis, Pencil, RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import { ScopeBadge } from '@/features/session/scope-badge';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { keyStateLabel, keyTone, keyWorks } from './key-state';

export type KeyAct = { kind: 'edit' | 'rotate' | 'revoke'; apiKey: ApiKey };

export function useKeyColumns(onAct: (act: KeyAct) => void): Column<ApiKey>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'name',
      header: t('apiKeys.name'),
      sortValue: (key) => key.name,
      cell: (key) => (
        <div className="sm:min-w-48">
          <div className="wrap-anywhere font-medium">{key.name}</div>
          <div className="mt-0.5 break-all font-mono text-muted text-xs">{key.prefix}…</div>
          <Rotation apiKey={key} />
        </div>
      ),
    },
    {
      id: 'state',
      header: t('apiKeys.column.state'),
      sortValue: (key) => keyStateLabel(t, key.state),
      cell: (key) => <StateBadges apiKey={key} />,
    },
    {
      id: 'scope',
      header: t('apiKeys.column.scope'),
      hideBelow: 'md',
      cell: (key) => (
        <span className="flex flex-wrap gap-1.5">
          <ScopeBadge organizationId={key.organization_id} scope={key.scope} />
          {key.member_bound && <Badge tone="info">{t('apiKeys.memberBound')}</Badge>}
        </span>
      ),
    },
    {
      id: 'used',
      header: t('apiKeys.column.used'),
      sortValue: (key) => key.last_used_at ?? null,
      hideBelow: 'md',
      cell: (key) => (key.last_used_at ? format.ago(key.last_used_at) : t('common.never')),
    },
    {
      id: 'expires',
      header: t('apiKeys.expires'),
      sortValue: (key) => key.expires_at ?? null,
      hideBelow: 'sm',
      cell: (key) => (
        <span className="sm:whitespace-nowrap">
          {key.expires_at ? format.dateTime(key.expires_at) : t('common.never')}
        </span>
      ),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      headerHidden: true,
      align: 'right',
      cell: (key) => <RowActions apiKey={key} onAct={onAct} />,
    },
  ];
}

function StateBadges({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation();
  return (
    <span className="flex flex-wrap gap-1.5">
      <Badge tone={keyTone(apiKey.state)} dot>
        {keyStateLabel(t, apiKey.state)}
      </Badge>
      {apiKey.expires_soon && <Badge tone="warning">{t('apiKeys.expiresSoon')}</Badge>}
    </span>
  );
}

/** Which key a key replaced, or is replaced by. */
function Rotation({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { rotated_from, rotated_to } = apiKey;
  if (!rotated_from && !rotated_to) return null;
  const until = keyWorks(apiKey) ? format.dateTime(apiKey.expires_at) : null;
  return (
    <div className="mt-0.5 wrap-anywhere text-muted text-xs">
      {rotated_to && (
        <p>
          {until
            ? t('apiKeys.replacedUntil', { prefix: rotated_to.prefix, when: until })
            : t('apiKeys.replacedBy', { prefix: rotated_to.prefix })}
        </p>
      )}
      {rotated_from && <p>{t('apiKeys.replaces', { prefix: rotated_from.prefix })}</p>}
    </div>
  );
}

function RowActions({ apiKey, onAct }: { apiKey: ApiKey; onAct: (act: KeyAct) => void }) {
  const { t } = useTranslation();
  const canCreate = useCan('api_key.create');
  const canUpdate = useCan('api_key.update');
  const canRevoke = useCan('api_key.revoke');
  const { name, state, can_change } = apiKey;
  const acts = [
    canUpdate && state !== 'revoked' && { kind: 'edit' as const, Icon: Pencil, words: t('apiKeys.edit') },
    canCreate && state === 'active' && { kind: 'rotate' as const, Icon: RefreshCw, words: t('apiKeys.rotate') },
    canRevoke && keyWorks(apiKey) && { kind: 'revoke' as const, Icon: Ban, words: t('apiKeys.revoke') },
  ].filter((act) => act !== false);
  if (!can_change || acts.length === 0) return null;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={t('apiKeys.actions', { name })}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      {acts.map(({ kind, Icon, words }) => (
        <MenuItem key={kind} onSelect={() => onAct({ kind, apiKey })}>
          <Icon aria-hidden />
          {words}
        </MenuItem>
      ))}
    </Menu>
  );
}
