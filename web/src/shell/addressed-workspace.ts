import { useQuery } from '@tanstack/react-query';
import { useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Organization } from '@/api/shapes';
import { organizationsQuery } from '@/features/organizations/queries';
import { sectionOf } from '@/features/session/section';
import { useMe, workspaceKey } from '@/features/session/session';

/**
 * The organization of mine that the address names while the session is elsewhere: a link that was kept, or given by a colleague. A name of
 * no organization of mine says nothing, and is replaced. When the session moves, what the page shows one of, and a dialog or a filter
 * in the address, stay behind.
 */
export function useAddressedElsewhere(): Organization | undefined {
  const router = useRouter();
  const me = useMe();
  const key = workspaceKey(me);
  const own = me.current_organization_slug ?? undefined;
  const named = useLocation({ select: ({ search }) => search.workspace });
  const [elsewhere, setElsewhere] = useState<string>();
  const organizations = useQuery({ ...organizationsQuery, enabled: elsewhere !== undefined });
  // The one I am in may still be listed under a name that it had a moment ago.
  const found = organizations.data?.items.find(
    ({ id, slug }) => slug === elsewhere && id !== me.current_organization_id,
  );
  const isUnknown = elsewhere !== undefined && organizations.isSuccess && !organizations.isFetching && !found;
  const shown = useRef(key);

  useEffect(() => {
    const moved = shown.current !== key;
    shown.current = key;
    setElsewhere(moved || named === own ? undefined : named);
    if (named === own) return;
    const { pathname, search } = router.state.location;
    if (moved) {
      const { workspace: _, ...rest } = search;
      const section = sectionOf(router, pathname);
      const stays = pathname === section && Object.keys(rest).length === 0;
      void router.navigate({ to: stays ? pathname : section, search: { workspace: own }, replace: true });
    } else if (named === undefined) {
      void router.navigate({ to: pathname, search: { ...search, workspace: own }, replace: true });
    }
  }, [named, own, key, router]);

  useEffect(() => {
    if (!isUnknown) return;
    const { pathname, search } = router.state.location;
    void router.navigate({ to: pathname, search: { ...search, workspace: own }, replace: true });
  }, [isUnknown, own, router]);

  return found;
}
