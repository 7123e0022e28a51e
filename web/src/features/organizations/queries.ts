import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';
import { tagged } from '@/api/tagged';
import { useMe } from '@/features/session/session';
import type { Role } from './role';

/** The organizations I belong to, whatever the current workspace. */
export const organizationsQuery = queryOptions({
  queryKey: ['organizations', 'mine'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/organizations', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});

/** The current organization with its version. */
export const currentOrganizationQuery = queryOptions({
  queryKey: ['organizations', 'current'],
  queryFn: ({ signal }) => tagged(api.GET('/organizations/current', { signal })),
});

/** What deleting the current organization would end, and what stands in the way. */
export const deletionPreviewQuery = queryOptions({
  queryKey: ['organizations', 'current', 'deletion_preview'],
  queryFn: ({ signal }) => body(api.GET('/organizations/current/deletion_preview', { signal })),
});

/** The roles I may invite people as here, as the server says; undefined until it has. */
export function useInvitableRoles(): readonly Role[] | undefined {
  const { current_organization_id } = useMe();
  const organizations = useQuery({ ...organizationsQuery, enabled: current_organization_id != null });
  return organizations.data?.items.find(({ id }) => id === current_organization_id)?.assignable_roles;
}
