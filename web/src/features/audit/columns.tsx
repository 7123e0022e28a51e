import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/shapes';
import { Button } from '@/components/ui/button';
import type { Column } from '@/components/ui/table';
import { useFormat } from '@/lib/format';
import { shortId } from '@/lib/short-id';
import { actionLabel } from './actions';

/** Who acted, as far as the reader may know: a name, an address, or what kind of actor it was. */
export function actorLabel(t: TFunction, { actor }: AuditEntry): string {
  if (actor.name || actor.email) return actor.name ?? actor.email ?? '';
  if (actor.kind === 'system') return t('audit.system');
  if (actor.kind === 'api_key') return t('audit.apiKey');
  return t('audit.formerMember');
}

export function targetLabel(entry: AuditEntry): string {
  return entry.target_email ?? (entry.target_id ? shortId(entry.target_id) : '–');
}

export function useAuditColumns(onShow: (entry: AuditEntry) => void): Column<AuditEntry>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'action',
      header: t('audit.column.action'),
      cell: (entry) => (
        <>
          <Button variant="link" size="inline" className="text-left" onClick={() => onShow(entry)}>
            {actionLabel(t, entry.action)}
          </Button>
          <div className="font-mono text-muted text-xs">{entry.action}</div>
        </>
      ),
    },
    { id: 'actor', header: t('audit.column.actor'), cell: (entry) => actorLabel(t, entry) },
    {
      id: 'target',
      header: t('audit.column.target'),
      hideBelow: 'md',
      cell: (entry) => <span className="break-all">{targetLabel(entry)}</span>,
    },
    {
      id: 'address',
      header: t('audit.column.address'),
      hideBelow: 'lg',
      cell: (entry) => entry.ip_address ?? '–',
    },
    {
      id: 'when',
      header: t('audit.column.when'),
      hideBelow: 'sm',
      cell: (entry) => <span className="whitespace-nowrap">{format.dateTime(entry.occurred_at)}</span>,
    },
  ];
}
