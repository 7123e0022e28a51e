import { type QueryClient, queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { Me } from '@/api/shapes';
import { rememberWorkspace } from '@/api/workspace';
import type { ModuleName, Permission } from './permissions';

/** Who is signed in, in which workspace, and what they may do there. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    const me = await body(api.GET('/auth/me', { signal }));
    rememberWorkspace(me.current_organization_id ?? null, me.current_organization_slug);
    return me;
  },
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** Whether the person may do this in the current workspace. The only question about rights the console ever asks. */
export function useCan(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}

/** Whether a resource is this workspace's own. What belongs to the platform is changed in Personal; an organization only reads it. */
export function useBelongsHere({ scope }: { scope: string }): boolean {
  const me = useMe();
  return scope !== 'platform' || me.current_organization_id == null;
}

export type Access =
  | { allowed: true }
  | { allowed: false; reason: 'organization_required' | 'permission_required'; permission: string };

/** Whether a page may be shown, and if not, why: an entry of `modules[]` when the page belongs to one, else its permission. */
export function accessTo(me: Me, page: { module?: ModuleName; permission?: Permission }): Access {
  const entry = me.modules.find((module) => module.name === page.module);
  if (entry && !entry.available) {
    return {
      allowed: false,
      reason: refusal(me, entry.reason),
      permission: entry.permission ?? page.permission ?? entry.name,
    };
  }
  if (page.permission && !me.permissions.includes(page.permission)) {
    return { allowed: false, reason: refusal(me, null), permission: page.permission };
  }
  return { allowed: true };
}

function refusal(me: Me, stated: string | null | undefined): 'organization_required' | 'permission_required' {
  if (stated === 'organization_required' || stated === 'permission_required') return stated;
  return me.current_organization_id ? 'permission_required' : 'organization_required';
}

/** Identifies everything that was loaded: when it changes, the pages are thrown away and made anew. */
export function workspaceKey(me: Me): string {
  return `${me.session_id}:${me.current_organization_id ?? 'personal'}`;
}

/**
 * Takes over a new answer about the session, and forgets all data of the workspace that was left. An answer that tells nothing new
 * leaves the data alone: emptied twice, pages that are loading for the new workspace would wait for ever.
 */
export async function adoptSession(queries: QueryClient, me: Me): Promise<void> {
  if (!isShown(queries, me)) await queries.cancelQueries();
  rememberWorkspace(me.current_organization_id ?? null, me.current_organization_slug);
  // Asked again, because another answer may have been faster.
  if (!isShown(queries, me)) {
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
    queries.getMutationCache().clear();
  }
  queries.setQueryData(meQuery.queryKey, me);
}

/** Whether the pages were drawn with this workspace and these rights. */
function isShown(queries: QueryClient, me: Me): boolean {
  const shown = queries.getQueryData(meQuery.queryKey);
  return (
    shown !== undefined &&
    workspaceKey(shown) === workspaceKey(me) &&
    shown.permissions.join() === me.permissions.join()
  );
}

/** What moves the session: until it has moved, nothing is fetched ahead for the workspace that is left. */
export const enteringKey = ['enter_workspace'];

/** Moves the session to an organization, or to Personal with null. */
export async function enterOrganization(queries: QueryClient, organizationId: string | null): Promise<void> {
  const me = await body(api.PUT('/organizations/current', { body: { organization_id: organizationId } }));
  await adoptSession(queries, me);
}

/** Asks again who we are; true when that is another workspace than the one shown. */
export async function reloadSession(queries: QueryClient): Promise<boolean> {
  const me = await body(api.GET('/auth/me'));
  const shown = queries.getQueryData(meQuery.queryKey);
  await adoptSession(queries, me);
  return shown !== undefined && workspaceKey(shown) !== workspaceKey(me);
}
