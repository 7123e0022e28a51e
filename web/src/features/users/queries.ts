import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

/** The accounts this workspace administers: its members, or all of them for the platform. Searched by the server: they may be many. */
export const usersQuery = (words: string) =>
  queryOptions({
    queryKey: ['users', words],
    queryFn: ({ signal }) =>
      readPages((cursor) =>
        body(api.GET('/users', { params: { query: { limit: PAGE_SIZE, cursor, q: words || undefined } }, signal })),
      ),
    placeholderData: keepPreviousData,
  });
