import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';

export const secondFactorsQuery = queryOptions({
  queryKey: ['second_factors'],
  queryFn: ({ signal }) => body(api.GET('/auth/me/second-factors', { signal })),
});
