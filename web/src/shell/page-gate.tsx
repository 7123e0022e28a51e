import { useMatches } from '@tanstack/react-router';
import { type ReactNode, Suspense } from 'react';
import type { Organization } from '@/api/shapes';
import { Skeleton } from '@/components/ui/skeleton';
import { accessTo, useMe } from '@/features/session/session';
import { Elsewhere } from './elsewhere';
import { NoAccess } from './no-access';

type PageGateProps = {
  /** Where the address is good, if not here. */
  elsewhere?: Organization;
  children: ReactNode;
};

/** Shows the page if the workspace may have it, and otherwise why not. The API decides all the same. */
export function PageGate({ elsewhere, children }: PageGateProps) {
  const me = useMe();
  const page = useMatches({ select: (matches) => matches.at(-1)?.staticData ?? {} });
  if (elsewhere && !page.unscoped) return <Elsewhere organization={elsewhere} />;
  const access = accessTo(me, page);
  if (!access.allowed) return <NoAccess reason={access.reason} permission={access.permission} />;
  return <Suspense fallback={<PageSkeleton />}>{children}</Suspense>;
}

function PageSkeleton() {
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-5" aria-busy="true">
      <Skeleton className="h-8 w-48" />
      <Skeleton className="h-64" />
    </div>
  );
}
