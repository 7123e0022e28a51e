import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';
import type { Invitation } from '@/api/shapes';
import { isOpen } from './status';

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
    refetchInterval: ({ state }) => lookAgain(state.data?.items, state.dataUpdateCount),
  });

/** How often a mail on its way is looked for, and for how many looks; after that the event of its end has to do. */
const LOOK_MS = 3_000;
const MOST_LOOKS = 40;

/** Until when to look again: nothing tells the page that a mail has left. */
export function lookAgain(invitations: readonly Invitation[] | undefined, looks: number): number | false {
  const waiting = invitations?.some(({ status, delivery }) => isOpen(status) && delivery?.status === 'queued');
  return waiting && looks < MOST_LOOKS ? LOOK_MS : false;
}

/** What a mailed link invites to. Needs no session. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) =>
      body(api.GET('/organizations/invitations/{token}', { params: { path: { token } }, signal })),
  });
