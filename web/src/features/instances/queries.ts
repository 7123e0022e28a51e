import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

export const instancesQuery = queryOptions({
  queryKey: ['instances', 'list'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/instances', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});

export const instanceQuery = (id: string) =>
  queryOptions({
    queryKey: ['instances', 'one', id],
    queryFn: ({ signal }) => body(api.GET('/instances/{id}', { params: { path: { id } }, signal })),
  });

export const instanceHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['instances', 'history', id],
    queryFn: ({ signal }) => body(api.GET('/instances/{id}/history', { params: { path: { id } }, signal })),
  });
