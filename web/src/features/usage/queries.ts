import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';

export type UsageGroup = 'model' | 'key' | 'day';

/** Usage of the whole workspace where the person may see it (`wide`), otherwise only what they made themselves. */
export const usageQuery = (group: UsageGroup, from: string, wide: boolean) =>
  queryOptions({
    queryKey: ['usage', group, from, wide],
    queryFn: ({ signal }) => {
      const params = { query: { group_by: group, from } };
      return wide ? body(api.GET('/finops/usage', { params, signal })) : body(api.GET('/usage', { params, signal }));
    },
  });

/** Where the last so many days begin, today among them: at midnight UTC, which stays the same during a day as query keys must. */
export function startOfLastDays(days: number, now = Date.now()): string {
  const start = new Date(now - (days - 1) * 86_400_000);
  start.setUTCHours(0, 0, 0, 0);
  return start.toISOString();
}
