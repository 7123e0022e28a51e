import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import type { AuditEntry } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Button } from '@/components/ui/button';
import { useFormat } from '@/lib/format';
import { shortId } from '@/lib/short-id';
import { actionLabel } from './actions';

/** What an entry keeps of most things has one of these; a person's address is left out where it may not be known. */
const nameable = z.object({ name: z.optional(z.string()), email: z.optional(z.string()) });

/** Who acted, as far as the reader may know: a name, an address, or what kind of actor it was. */
export function actorLabel(t: TFunction, { actor }: AuditEntry): string {
  if (actor.name || actor.email) return actor.name ?? actor.email ?? '';
  if (actor.kind === 'system') return t('audit.system');
  if (actor.kind === 'api_key') return t('audit.apiKey');
  return t('audit.formerMember');
}

/** What was acted on: a person's address, else the name it had or got, else the end of its id. */
export function targetLabel({ target_email, target_id, before, after }: AuditEntry): string {
  return target_email ?? named(after) ?? named(before) ?? (target_id ? shortId(target_id) : '–');
}

function named(state: unknown): string | undefined {
  const parsed = nameable.safeParse(state);
  return parsed.success ? (parsed.data.name ?? parsed.data.email) : undefined;
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
          <div className="wrap-anywhere font-mono text-muted text-xs">{entry.action}</div>
          <div className="mt-1 text-muted text-xs sm:hidden">
            {actorLabel(t, entry)} · {format.dateTime(entry.occurred_at)}
          </div>
        </>
      ),
    },
    { id: 'actor', header: t('audit.column.actor'), hideBelow: 'sm', cell: (entry) => actorLabel(t, entry) },
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
