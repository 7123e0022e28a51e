import { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import i18next from 'i18next';
import { onSessionTrouble } from './api/client';
import { asProblem } from './api/problem';
import { followNetwork, onServerBack } from './api/reachability';
import { rememberWorkspace } from './api/workspace';
import { RouteProblem } from './components/route-problem';
import { forgetConversations } from './features/chat/conversation';
import { askForProof } from './features/reauthentication/asking';
import { meQuery, reloadSession } from './features/session/session';
import { toast } from './lib/toasts';
import { routeTree } from './routeTree.gen';

const RETRIES = 2;

/** Refusals are answers and stay; only a server that is away or failing is asked again. */
function worthRetrying(failures: number, error: unknown): boolean {
  const { status } = asProblem(error);
  return failures < RETRIES && (status === 0 || status === 502 || status === 503 || status === 504);
}

/** The query cache and the router, and what happens when the session ends or moves while pages are open. */
export function createApplication() {
  const queries = new QueryClient({
    defaultOptions: {
      // Not waiting for the browser's word that it is online: it is wrong too often, and who waits says nothing.
      queries: { staleTime: 15_000, retry: worthRetrying, refetchOnWindowFocus: true, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  });
  const router = createRouter({
    routeTree,
    basepath: '/app',
    context: { queries },
    // Pointing at a link fetches the page and its data; how long data is good for is the query cache's matter alone.
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultErrorComponent: RouteProblem,
  });

  const signIn = () => {
    const { href } = router.state.location;
    // Pages outside the shell need no session; a 401 there is an answer, not an end.
    if (!router.state.matches.some(({ routeId }) => routeId === '/_app')) return;
    rememberWorkspace(undefined);
    // Whoever was at work hears why they are here; whoever follows a link knows.
    const me = queries.getQueryData(meQuery.queryKey);
    if (me) toast({ title: i18next.t('problems.code.unauthenticated.title') });
    const search = { return: href, workspace: me?.current_organization_id ?? undefined };
    const gone = router.navigate({ to: '/login', search, replace: true, ignoreBlocker: true });
    void gone.then(() => queries.clear());
    forgetConversations();
  };

  const moved = async () => {
    await reloadSession(queries);
    await router.invalidate();
    toast({
      title: i18next.t('problems.code.workspace_changed.title'),
      detail: i18next.t('problems.code.workspace_changed.detail'),
    });
  };

  onSessionTrouble({ onUnauthenticated: signIn, onWorkspaceChanged: onceAtATime(moved), onProofNeeded: askForProof });
  followNetwork();
  onServerBack(() => {
    void queries.invalidateQueries({
      predicate: ({ queryKey, state }) => queryKey[0] !== 'me' || state.status === 'error',
    });
    // A page that couldn't even begin begins again.
    if (router.state.matches.some(({ status }) => status === 'error')) void router.invalidate();
  });
  return { queries, router };
}

/** Several requests are refused together; one reaction answers all of them. A failed reload is reported by its own request. */
function onceAtATime(act: () => Promise<void>): () => void {
  let busy = false;
  return () => {
    if (busy) return;
    busy = true;
    act()
      .catch(() => {})
      .finally(() => {
        busy = false;
      });
  };
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createApplication>['router'];
  }
}
