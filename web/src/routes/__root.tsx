import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, Outlet, useMatches } from '@tanstack/react-router';
import type { ParseKeys } from 'i18next';
import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModuleName, Permission } from '@/features/session/permissions';
import { hadToasts, subscribeToasts } from '@/lib/toasts';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** The words in the browser's tab. */
    title?: ParseKeys;
    /** The entry of `modules[]` that decides whether this page may be shown. */
    module?: ModuleName;
    /** For pages outside the modules, or that need more than their module. */
    permission?: Permission;
    /** Pages about the person rather than the workspace carry no workspace banner. */
    unscoped?: boolean;
  }
}

// Fetched with the first message: most visits to a page have none.
const Toaster = lazy(() => import('@/components/ui/toast').then((module) => ({ default: module.Toaster })));

export const Route = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Root });

function Root() {
  useDocumentTitle();
  const hadMessages = useSyncExternalStore(subscribeToasts, hadToasts);
  return (
    <>
      <Outlet />
      {hadMessages && (
        <Suspense fallback={null}>
          <Toaster />
        </Suspense>
      )}
    </>
  );
}

function useDocumentTitle() {
  const { t } = useTranslation();
  const title = useMatches({
    select: (matches) => matches.findLast((match) => match.staticData.title)?.staticData.title,
  });
  const words = title && t(title);
  useEffect(() => {
    document.title = words ? `${words} · Inventiv` : 'Inventiv';
  }, [words]);
}
