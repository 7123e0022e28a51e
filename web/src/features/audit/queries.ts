import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { type Listing, PAGE_SIZE } from '@/api/pages';
import type { AuditEntry, AuditPage } from '@/api/shapes';
import { type AuditFilters, filtersOf } from './search';

const ENTRIES = 50;
/** A search stops after some thousands of entries, found or not. So often it goes on by itself, then it asks. */
const MOST_STEPS = 10;

/** The newest entries first, page by page: a log has no end worth waiting for. */
export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ['audit', filters],
    queryFn: ({ pageParam, signal }) => readOn(filters, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: listOf,
    placeholderData: keepPreviousData,
  });

async function readOn(filters: AuditFilters, from: string | undefined, signal: AbortSignal): Promise<AuditPage> {
  const items: AuditEntry[] = [];
  let cursor = from;
  for (let step = 1; ; step += 1) {
    const query = { ...filtersOf(filters), limit: ENTRIES, cursor };
    const page = await body(api.GET('/audit_log', { params: { query }, signal }));
    items.push(...page.items);
    if (!page.searched_until || items.length >= ENTRIES || step === MOST_STEPS) return { ...page, items };
    cursor = page.next_cursor ?? undefined;
  }
}

/** What was read so far, as a list. The rest comes when it is asked for, so nothing is kept from the reader. */
function listOf({ pages }: { pages: AuditPage[] }): Listing<AuditEntry> & { searchedUntil?: string } {
  return {
    items: pages.flatMap(({ items }) => items),
    complete: true,
    searchedUntil: pages.at(-1)?.searched_until ?? undefined,
  };
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
