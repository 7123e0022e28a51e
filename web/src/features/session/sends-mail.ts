import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, body } from '@/api/client';

const versionQuery = queryOptions({
  queryKey: ['version'],
  queryFn: ({ signal }) => body(api.GET('/version', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Whether the server sends mails. Only one that says so doesn't: nobody is told to wait for a mail that never comes. */
export function useSendsMail(): boolean {
  return useQuery(versionQuery).data?.sends_mail ?? true;
}
