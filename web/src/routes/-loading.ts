import type { QueryClient } from '@tanstack/react-query';
import type { StaticDataRouteOption } from '@tanstack/react-router';
import type { Me } from '@/api/shapes';
import { accessTo, enteringKey, meQuery } from '@/features/session/session';

/** What a route's loader is given, as far as it matters here. */
type Visit = {
  context: { queries: QueryClient };
  route: { options: { staticData?: StaticDataRouteOption } };
  cause: 'preload' | 'enter' | 'stay';
};

/**
 * Begins to fetch what a page shows while its code is on the way, or already when somebody points at its link. Nobody waits for it here:
 * the page is drawn with its skeleton as soon as its code is there, and says itself what could not be had. Nothing is fetched for who
 * may not see the page, or while it is open, when it asks for what it needs.
 */
export function beginPage(visit: Visit, fetches: (queries: QueryClient, me: Me) => Promise<unknown>[]): void {
  const { queries } = visit.context;
  const me = queries.getQueryData(meQuery.queryKey);
  if (visit.cause === 'preload' && queries.isMutating({ mutationKey: enteringKey }) > 0) return;
  if (visit.cause === 'stay' || !me || !accessTo(me, visit.route.options.staticData ?? {}).allowed) return;
  for (const fetching of fetches(queries, me)) begin(fetching);
}

/** Lets something go its way; whoever asks for it again hears how it ended. */
export function begin(fetching: Promise<unknown>): void {
  fetching.catch(() => {});
}
