import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { Listing } from '@/api/pages';
import type { Job } from '@/api/shapes';
import type { JobState } from './words';

/** The live stream tells of jobs that are asked for and given up; nothing tells of those that are done, and of mails. */
const REFRESH_MS = 10_000;

/** The newest first, page by page: a queue has no end worth waiting for. */
export const jobsQuery = (state: JobState | undefined) =>
  infiniteQueryOptions({
    queryKey: ['jobs', state ?? 'all'],
    queryFn: ({ pageParam, signal }) =>
      body(api.GET('/platform/jobs', { params: { query: { state, limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: listOf,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

/** What was read so far, as a list. The rest comes when it is asked for, so nothing is kept from the reader. */
function listOf({ pages }: { pages: { items: Job[] }[] }): Listing<Job> {
  return { items: pages.flatMap(({ items }) => items), complete: true };
}
