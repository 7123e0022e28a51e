import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/shapes';
import { Facts } from '@/components/facts';
import type { Column } from '@/components/list/column';
import { Table } from '@/components/list/table';
import { ProblemNotice } from '@/components/problem-notice';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/notice';
import { useFormat } from '@/lib/format';
import { actionLabel, chainLabel, nounLabel } from './actions';
import { actorLabel, targetLabel } from './columns';
import { type Difference, differences } from './difference';
import type { AuditSearch } from './search';

type EntryDialogProps = { entry: AuditEntry; onNarrow: (change: AuditSearch) => void; onClose: () => void };

/** One act: who, when, from where, and what was and what became. */
export function EntryDialog({ entry, onNarrow, onClose }: EntryDialogProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { actor, target_id } = entry;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={actionLabel(t, entry.action)}
      description={format.dateTime(entry.occurred_at)}
      className="max-w-2xl"
    >
      <DialogBody className="grid grid-cols-1 gap-5">
        <Facts
          facts={[
            [t('audit.column.actor'), [actorLabel(t, entry), actor.name && actor.email].filter(Boolean).join(' · ')],
            [t('audit.column.target'), `${nounLabel(t, entry.target_type)} · ${targetLabel(entry)}`],
            [t('audit.column.address'), entry.ip_address],
            [t('audit.requestId'), entry.request_id],
            [
              t('audit.place'),
              t('audit.placeIn', { sequence: format.integer(entry.sequence), chain: chainLabel(t, entry.chain) }),
            ],
          ]}
        />
        <Changes before={entry.before} after={entry.after} />
      </DialogBody>
      <DialogFooter>
        {actor.id && <Button onClick={() => onNarrow({ actor: actor.id ?? undefined })}>{t('audit.sameActor')}</Button>}
        {target_id && <Button onClick={() => onNarrow({ target: target_id })}>{t('audit.sameTarget')}</Button>}
        <Button variant="primary" onClick={onClose}>
          {t('common.close')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

/** A link to an entry that this workspace doesn't have, or that couldn't be read. */
export function MissingEntryDialog({ error, onClose }: { error: unknown; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={onClose} title={t('audit.one')}>
      <DialogBody>
        {error ? (
          <ProblemNotice error={error} />
        ) : (
          <Notice tone="warning" title={t('problems.code.not_found.title')}>
            {t('audit.notHere')}
          </Notice>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.close')}</Button>
      </DialogFooter>
    </Dialog>
  );
}

function Changes({ before, after }: { before: unknown; after: unknown }) {
  const { t } = useTranslation();
  const rows = differences(before, after);
  if (rows.length === 0) return <p className="text-muted text-sm">{t('audit.noDetails')}</p>;
  const value = (text: string | null) =>
    text === null ? <span className="text-muted">–</span> : <span className="break-all font-mono text-xs">{text}</span>;
  const columns: Column<Difference>[] = [
    {
      id: 'field',
      header: t('audit.field'),
      cell: ({ field, changed }) => (
        <span className="flex flex-wrap items-center gap-2">
          {field || t('audit.value')}
          {changed && <Badge tone="info">{t('audit.changed')}</Badge>}
        </span>
      ),
    },
    { id: 'before', header: t('audit.before'), cell: (row) => value(row.before) },
    { id: 'after', header: t('audit.after'), cell: (row) => value(row.after) },
  ];
  return (
    <div className="rounded-xl border border-border">
      <Table caption={t('audit.changes')} columns={columns} rows={rows} rowKey={({ field }) => field} />
    </div>
  );
}
