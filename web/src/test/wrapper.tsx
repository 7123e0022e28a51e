import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Me } from '@/api/shapes';
import { Person } from '@/components/list/person';
import { meQuery } from '@/features/session/session';

/** The query cache of a signed-in person, as a wrapper for Testing Library. */
export function signedIn(me: Me) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(meQuery.queryKey, me);
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queries}>
      <Person value={me.id}>{children}</Person>
    </QueryClientProvider>
  );
  return { queries, wrapper };
}
