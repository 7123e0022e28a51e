import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';
import { tagged } from '@/api/tagged';

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

/** A model with its version, always asked for anew: a form must not begin with what was true a while ago. */
export const modelToEditQuery = (id: string) =>
  queryOptions({
    queryKey: ['models', 'edit', id],
    queryFn: ({ signal }) => tagged(api.GET('/models/{id}', { params: { path: { id } }, signal })),
    gcTime: 0,
  });
