import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { type Listing, PAGE_SIZE } from '@/api/pages';
import type { AuditEntry } from '@/api/shapes';
import { type AuditFilters, filtersOf } from './search';

/** The newest entries first, page by page: a log has no end worth waiting for. */
export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ['audit', filters],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET('/audit_log', { params: { query: { ...filtersOf(filters), limit: 50, cursor: pageParam } }, signal }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: listOf,
    placeholderData: keepPreviousData,
  });

/** What was read so far, as a list. The rest comes when it is asked for, so nothing is kept from the reader. */
function listOf({ pages }: { pages: { items: AuditEntry[] }[] }): Listing<AuditEntry> {
  return { items: pages.flatMap(({ items }) => items), complete: true };
}

/** One entry, found by its time; null when there is none of this id then, or not in this workspace. */
export const auditEntryQuery = (id: string, at: string) =>
  queryOptions({
    queryKey: ['audit', 'entry', id, at],
    queryFn: async ({ signal }) => {
      const to = new Date(new Date(at).getTime() + 1).toISOString();
      const query = { from: at, to, limit: PAGE_SIZE };
      const { items } = await body(api.GET('/audit_log', { params: { query }, signal }));
      return items.find((entry) => entry.id === id) ?? null;
    },
  });
