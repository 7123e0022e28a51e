import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { KeyStatus } from '@/api/codes';
import { PAGE_SIZE, readPages } from '@/api/pages';

/** Every key of the workspace, as far as the console reads lists. */
export const apiKeysQuery = queryOptions({
  queryKey: ['api_keys', 'list'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/api_keys', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});

/** The server looks through all keys, and counts them by state. */
export const MOST_KEYS_SHOWN = 200;

/** Keys with these words in one state, or in any. */
export const apiKeySearchQuery = (q: string, status: KeyStatus | undefined) =>
  queryOptions({
    queryKey: ['api_keys', 'search', q, status ?? 'all'],
    queryFn: async ({ signal }) => {
      const query = { limit: MOST_KEYS_SHOWN, q: q || undefined, status };
      const found = await body(api.GET('/api_keys/search', { params: { query }, signal }));
      return { ...found, complete: found.items.length >= found.total };
    },
    placeholderData: keepPreviousData,
  });
