import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { InstanceTransition } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Card } from '@/components/ui/card';
import { Skeleton } from '@/components/ui/skeleton';
import { useFormat } from '@/lib/format';
import { instanceHistoryQuery } from './queries';
import { reasonLabel } from './status';
import { StatusBadge } from './status-badge';

/** What happened to the instance, the newest first. */
export function HistoryCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(instanceHistoryQuery(id));
  return (
    <Card title={t('instances.history')}>
      <Loaded query={query} skeleton={<Skeleton className="h-40" />}>
        {({ items }) => (
          <ol aria-label={t('instances.history')} className="relative ml-1.5 border-border border-l">
            {[...items].reverse().map((transition) => (
              <Transition key={transition.id} transition={transition} />
            ))}
          </ol>
        )}
      </Loaded>
    </Card>
  );
}

function Transition({ transition }: { transition: InstanceTransition }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li className="relative pb-4 pl-5 last:pb-0">
      <span
        aria-hidden
        className="-left-[5px] absolute top-1.5 size-2.5 rounded-full border-2 border-surface bg-muted"
      />
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <StatusBadge status={transition.to_status} />
        <time
          dateTime={transition.occurred_at}
          title={format.dateTime(transition.occurred_at)}
          className="text-muted text-xs"
        >
          {format.momentOfDay(transition.occurred_at)}
        </time>
        {transition.actor && <span className="text-muted text-xs">· {transition.actor}</span>}
      </div>
      <p className="mt-1 text-[13px]">{reasonLabel(t, transition.reason)}</p>
      {transition.message && <p className="mt-0.5 wrap-anywhere text-muted text-xs">{transition.message}</p>}
    </li>
  );
}
