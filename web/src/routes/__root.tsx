import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, Outlet, useMatches } from '@tanstack/react-router';
import type { ParseKeys } from 'i18next';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ConnectionBar } from '@/components/connection-bar';
import { Toaster } from '@/components/ui/toast';
import type { ModuleName, Permission } from '@/features/session/permissions';
import { useThingInTab } from '@/lib/tab-title';
import { UnsavedGuard } from '@/shell/unsaved-guard';

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

export const Route = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Root });

function Root() {
  useDocumentTitle();
  return (
    <>
      <ConnectionBar />
      <Outlet />
      <Toaster />
      <UnsavedGuard />
    </>
  );
}

function useDocumentTitle() {
  const { t } = useTranslation();
  const thing = useThingInTab();
  const title = useMatches({
    select: (matches) => matches.findLast((match) => match.staticData.title)?.staticData.title,
  });
  const words = title && t(title);
  useEffect(() => {
    document.title = [thing, words, 'Inventiv'].filter(Boolean).join(' · ');
  }, [thing, words]);
}
