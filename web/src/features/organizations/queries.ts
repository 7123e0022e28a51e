import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

/** The organizations I belong to, whatever the current workspace. */
export const organizationsQuery = queryOptions({
  queryKey: ['organizations', 'mine'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/organizations', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});

export const currentOrganizationQuery = queryOptions({
  queryKey: ['organizations', 'current'],
  queryFn: ({ signal }) => body(api.GET('/organizations/current', { signal })),
});
