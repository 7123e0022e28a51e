import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { followLiveEvents } from '@/api/live-events';
import { reloadSession, useMe, workspaceKey } from './session';

/** Which cached data a topic makes stale: the first part of our query keys. */
const staleAfter: Record<string, readonly string[]> = {
  instances: ['instances', 'models', 'chat_models', 'finops'],
  models: ['models', 'chat_models'],
  api_keys: ['api_keys'],
  usage: ['usage', 'finops', 'api_keys'],
  members: ['members', 'invitations', 'users', 'organizations'],
  organizations: ['organizations'],
  sessions: ['sessions'],
};

/** One stream for the whole console. It carries no data: it says what to ask for again. */
export function useLiveUpdates(): void {
  const queries = useQueryClient();
  const me = useMe();
  const workspace = me.current_organization_id ?? 'personal';
  const key = workspaceKey(me);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new session in the same workspace needs a new stream
  useEffect(() => {
    return followLiveEvents({
      topics: Object.keys(staleAfter),
      workspace,
      onChange: (topic) => {
        for (const name of staleAfter[topic] ?? []) queries.invalidateQueries({ queryKey: [name] });
        // Its name and colour are around every page, and its policies are rights.
        if (topic === 'organizations') reloadSession(queries).catch(() => {});
      },
      onReconnect: () => {
        queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
        // The new stream knows only rights as they are now; those that changed in between changed unheard.
        reloadSession(queries).catch(() => {});
      },
      onClosed: () => {
        // A 401 on the way is handled where all of them are: it leads to the sign-in page.
        reloadSession(queries).catch(() => {});
      },
    });
  }, [queries, workspace, key]);
}
