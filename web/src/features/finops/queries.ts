import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';

export const currentCostQuery = queryOptions({
  queryKey: ['finops', 'cost'],
  queryFn: ({ signal }) => body(api.GET('/finops/cost/current', { signal })),
  refetchInterval: 60_000,
});
