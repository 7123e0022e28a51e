import { Outlet, useLocation } from '@tanstack/react-router';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Person } from '@/components/list/person';
import { Button } from '@/components/ui/button';
import { ReauthenticationDialog } from '@/features/reauthentication/reauthentication-dialog';
import { useLiveUpdates } from '@/features/session/live-updates';
import { useMe, workspaceKey } from '@/features/session/session';
import { useAddressedElsewhere } from './addressed-workspace';
import { useFetchTheRest } from './fetch-the-rest';
import { PageGate } from './page-gate';
import { Sidebar } from './sidebar';
import { WorkspaceBanner } from './workspace-banner';

// What opens over the page is fetched when it is first asked for: nobody needs it to see the page.
const fetchPalette = () => import('./command-palette');
const fetchMenu = () => import('./menu-dialog');
const CommandPalette = lazy(() => fetchPalette().then((module) => ({ default: module.CommandPalette })));
const MenuDialog = lazy(() => fetchMenu().then((module) => ({ default: module.MenuDialog })));

/** Everything around a page once somebody is signed in. */
export function AppShell() {
  const { t } = useTranslation();
  const me = useMe();
  const { pathname } = useLocation();
  const [menuOpen, setMenuOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const key = workspaceKey(me);
  const elsewhere = useAddressedElsewhere();
  useLiveUpdates();
  useFetchTheRest([fetchPalette, fetchMenu]);
  usePaletteShortcut(() => setPaletteOpen((open) => !open));

  // biome-ignore lint/correctness/useExhaustiveDependencies: going anywhere, in either sense, closes what lies on top
  useEffect(() => {
    setMenuOpen(false);
    setPaletteOpen(false);
  }, [pathname, key]);

  return (
    <div className="flex min-h-dvh">
      <a
        href="#content"
        className="-translate-y-20 fixed top-2 left-2 z-60 rounded-lg bg-primary px-3 py-2 text-on-primary focus:translate-y-0"
      >
        {t('common.skipToContent')}
      </a>
      <aside className="sticky top-(--bar) hidden h-[calc(100dvh-var(--bar))] w-60 shrink-0 border-border border-r lg:block">
        <Sidebar onSearch={() => setPaletteOpen(true)} />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-30 flex items-center gap-2 border-border border-b bg-background/95 px-3 py-2 lg:hidden">
          <Button variant="ghost" size="icon" aria-label={t('common.openMenu')} onClick={() => setMenuOpen(true)}>
            <MenuIcon aria-hidden />
          </Button>
          <span className="font-semibold">Inventiv</span>
          <Button
            variant="ghost"
            size="icon"
            className="ml-auto"
            aria-label={t('common.search')}
            onClick={() => setPaletteOpen(true)}
          >
            <Search aria-hidden />
          </Button>
        </header>
        <WorkspaceBanner />
        <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col px-4 py-6 outline-none sm:px-8">
          <Person value={me.id}>
            <PageGate key={key} elsewhere={elsewhere}>
              <Outlet />
            </PageGate>
          </Person>
        </main>
      </div>
      <OnceOpened open={menuOpen}>
        <MenuDialog open={menuOpen} onOpenChange={setMenuOpen} onSearch={() => setPaletteOpen(true)} />
      </OnceOpened>
      <OnceOpened open={paletteOpen}>
        <CommandPalette open={paletteOpen} onOpenChange={setPaletteOpen} />
      </OnceOpened>
      <ReauthenticationDialog />
    </div>
  );
}

/** Renders nothing until it is opened for the first time, and stays from then on: what closes may still be moving. */
function OnceOpened({ open, children }: { open: boolean; children: ReactNode }) {
  const [wanted, setWanted] = useState(false);
  if (open && !wanted) setWanted(true);
  return wanted && <Suspense fallback={null}>{children}</Suspense>;
}

function usePaletteShortcut(toggle: () => void) {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      toggle();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  });
}
