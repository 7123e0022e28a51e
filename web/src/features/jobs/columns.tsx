import { RotateCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Job } from '@/api/shapes';
import type { Column } from '@/components/list/column';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { shortId } from '@/lib/short-id';
import { jobKindLabel, jobStateLabel, jobTone } from './words';

type Acts = { onRetry: (job: Job) => void; retrying: string | undefined };

export function useJobColumns(acts: Acts): Column<Job>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'kind',
      header: t('jobs.column.kind'),
      cell: ({ id, kind }) => (
        <>
          <div className="font-medium">{jobKindLabel(t, kind)}</div>
          <div className="wrap-anywhere font-mono text-muted text-xs">
            {kind} · {shortId(id)}
          </div>
        </>
      ),
    },
    {
      id: 'state',
      header: t('jobs.column.state'),
      cell: ({ state }) => (
        <Badge tone={jobTone(state)} dot>
          {jobStateLabel(t, state)}
        </Badge>
      ),
    },
    {
      id: 'attempts',
      header: t('jobs.column.attempts'),
      align: 'right',
      hideBelow: 'md',
      cell: ({ attempts }) => <span className="tabular-nums">{format.integer(attempts)}</span>,
    },
    {
      id: 'error',
      header: t('jobs.column.error'),
      hideBelow: 'sm',
      cell: (job) => <LastError {...job} />,
    },
    {
      id: 'next',
      header: t('jobs.column.next'),
      hideBelow: 'lg',
      cell: ({ next_attempt_at }) => (next_attempt_at ? format.momentOfDay(next_attempt_at) : '–'),
    },
    {
      id: 'created',
      header: t('jobs.column.created'),
      hideBelow: 'lg',
      cell: ({ created_at, finished_at }) => (
        <>
          <div className="whitespace-nowrap">{format.dateTime(created_at)}</div>
          {finished_at && (
            <div className="text-[13px] text-muted">{t('jobs.ended', { when: format.ago(finished_at) })}</div>
          )}
        </>
      ),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      headerHidden: true,
      align: 'right',
      cell: (job) => <RetryButton job={job} {...acts} />,
    },
  ];
}

/** As the log calls it, and what to do about a mail, which has no button. */
function LastError({ state, last_error, can_be_retried }: Job) {
  const { t } = useTranslation();
  return (
    <>
      {last_error ? <code className="wrap-anywhere font-mono text-xs">{last_error}</code> : '–'}
      {state === 'dead' && !can_be_retried && <div className="text-muted text-xs">{t('jobs.mailForgotten')}</div>}
    </>
  );
}

function RetryButton({ job, onRetry, retrying }: Acts & { job: Job }) {
  const { t } = useTranslation();
  const canRetry = useCan('platform.job.retry');
  if (!job.can_be_retried || !canRetry) return null;
  const name = t('jobs.retryOf', { kind: jobKindLabel(t, job.kind), id: shortId(job.id) });
  return (
    <Button size="sm" aria-label={name} pending={retrying === job.id} onClick={() => onRetry(job)}>
      <RotateCw aria-hidden />
      {t('jobs.retry')}
    </Button>
  );
}
