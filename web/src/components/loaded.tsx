import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem, isUnreachable } from '@/api/problem';
import { serverAwaySince, subscribeReachability } from '@/api/reachability';
import { ProblemNotice } from './problem-notice';

type LoadedProps<Data> = {
  query: UseQueryResult<Data>;
  skeleton: ReactNode;
  /** Instead of the failure, where what was asked for isn't there: asking again would not help. */
  missing?: ReactNode;
  children: (data: Data) => ReactNode;
};

/** Data, or a skeleton of the same shape, or what went wrong with a way to try again. Data on screen stays while it is refreshed. */
export function Loaded<Data>({ query, skeleton, missing, children }: LoadedProps<Data>) {
  const { t } = useTranslation();
  const isAway = useSyncExternalStore(subscribeReachability, serverAwaySince) !== null;
  if (query.data !== undefined) return children(query.data);
  if (query.isError && missing && asProblem(query.error).status === 404) return missing;
  if (query.isError && isAway && isUnreachable(query.error)) {
    // It comes by itself when the server is back, and the bar at the top says what there is to say.
    return <p className="m-4 text-[13px] text-muted">{t('common.connection.waiting')}</p>;
  }
  if (query.isError) return <ProblemNotice error={query.error} onRetry={() => query.refetch()} className="m-4" />;
  return (
    <div aria-busy="true">
      <span role="status" className="sr-only">
        {t('common.loading')}
      </span>
      {skeleton}
    </div>
  );
}
