import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => body(api.GET('/auth/sessions', { signal })),
});
