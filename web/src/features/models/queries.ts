import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

export const modelsQuery = queryOptions({
  queryKey: ['models', 'list'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/models', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});

export const modelQuery = (id: string) =>
  queryOptions({
    queryKey: ['models', 'one', id],
    queryFn: ({ signal }) => body(api.GET('/models/{id}', { params: { path: { id } }, signal })),
  });
