import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import i18next from 'i18next';
import { useEffect } from 'react';
import { followLiveEvents } from '@/api/live-events';
import { probe } from '@/api/reachability';
import { toast } from '@/lib/toasts';
import { meQuery, reloadSession, useMe, workspaceKey } from './session';

/** Which cached data a topic makes stale: the first part of our query keys. */
const staleAfter: Record<string, readonly string[]> = {
  instances: ['instances', 'models', 'chat_models', 'finops'],
  models: ['models', 'chat_models'],
  api_keys: ['api_keys'],
  usage: ['usage', 'finops', 'api_keys'],
  members: ['members', 'invitations', 'users', 'organizations'],
  organizations: ['organizations'],
  sessions: ['sessions'],
  jobs: ['jobs'],
};

/** A switch made in this tab closes the stream, too; its answer is on the way then, and ends the waiting. */
const OWN_MOVE_MS = 500;

function tellOfMove(queries: QueryClient): void {
  const name = queries.getQueryData(meQuery.queryKey)?.current_organization_name ?? i18next.t('session.personal');
  toast({ title: i18next.t('session.moved', { name }), detail: i18next.t('session.movedDetail') });
}

/** One stream for the whole console. It carries no data: it says what to ask for again. */
export function useLiveUpdates(): void {
  const queries = useQueryClient();
  const me = useMe();
  const workspace = me.current_organization_id ?? 'personal';
  const key = workspaceKey(me);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new session in the same workspace needs a new stream
  useEffect(() => {
    let asking: ReturnType<typeof setTimeout> | undefined;
    const stop = followLiveEvents({
      topics: Object.keys(staleAfter),
      workspace,
      onChange: (topic) => {
        for (const name of staleAfter[topic] ?? []) queries.invalidateQueries({ queryKey: [name] });
        // Its name and colour are around every page, and its policies are rights.
        if (topic === 'organizations') reloadSession(queries).catch(() => {});
      },
      onBreak: () => void probe(),
      onReconnect: () => {
        queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
        // The new stream knows only rights as they are now; those that changed in between changed unheard.
        reloadSession(queries).catch(() => {});
      },
      onClosed: () => {
        clearTimeout(asking);
        asking = setTimeout(() => {
          // A 401 on the way is handled where all of them are: it leads to the sign-in page.
          reloadSession(queries)
            .then((moved) => moved && tellOfMove(queries))
            .catch(() => {});
        }, OWN_MOVE_MS);
      },
    });
    return () => {
      clearTimeout(asking);
      stop();
    };
  }, [queries, workspace, key]);
}
