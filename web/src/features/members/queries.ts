import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

export const membersQuery = queryOptions({
  queryKey: ['members'],
  queryFn: ({ signal }) =>
    readPages((cursor) =>
      body(api.GET('/organizations/current/members', { params: { query: { limit: PAGE_SIZE, cursor } }, signal })),
    ),
});
