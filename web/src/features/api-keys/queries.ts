import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

export const apiKeysQuery = queryOptions({
  queryKey: ['api_keys'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/api_keys', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});
