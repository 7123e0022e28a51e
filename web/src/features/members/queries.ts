import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

export const membersQuery = queryOptions({
  queryKey: ['members'],
  queryFn: ({ signal }) =>
    readPages((cursor) =>
      body(api.GET('/organizations/current/members', { params: { query: { limit: PAGE_SIZE, cursor } }, signal })),
    ),
});

/** After a change to a member: the list of members, and that of users, which in an organization are the same people. */
export async function refreshMembers(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({
    predicate: ({ queryKey }) => queryKey[0] === 'members' || queryKey[0] === 'users',
  });
}
