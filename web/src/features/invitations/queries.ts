import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

/** The organization's invitations, in one state or all of them. */
export const invitationsQuery = (status: string | undefined) =>
  queryOptions({
    queryKey: ['invitations', status ?? 'all'],
    queryFn: ({ signal }) =>
      readPages((cursor) =>
        body(
          api.GET('/organizations/current/invitations', {
            params: { query: { limit: PAGE_SIZE, cursor, status } },
            signal,
          }),
        ),
      ),
  });

/** What a mailed link invites to. Needs no session. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) =>
      body(api.GET('/organizations/invitations/{token}', { params: { path: { token } }, signal })),
  });
