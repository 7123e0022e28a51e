import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';

export const currentCostQuery = queryOptions({
  queryKey: ['finops', 'cost'],
  queryFn: ({ signal }) => body(api.GET('/finops/cost/current', { signal })),
  refetchInterval: 60_000,
});

/** Since a moment that stays the same during a day. */
export const dailyCostQuery = (from: string) =>
  queryOptions({
    queryKey: ['finops', 'daily', from],
    queryFn: ({ signal }) => body(api.GET('/finops/cost/daily', { params: { query: { from } }, signal })),
  });
