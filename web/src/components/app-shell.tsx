import { Outlet, useLocation, useRouter } from '@tanstack/react-router';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLiveUpdates } from '@/features/session/live-updates';
import { useMe, workspaceKey } from '@/features/session/session';
import { CommandPalette } from './command-palette';
import { sectionOf } from './navigation';
import { PageGate } from './page-gate';
import { Sidebar } from './sidebar';
import { Button } from './ui/button';
import { Dialog } from './ui/dialog';
import { WorkspaceBanner } from './workspace-banner';

/** Everything around a page once somebody is signed in. */
export function AppShell() {
  const { t } = useTranslation();
  const me = useMe();
  const { pathname } = useLocation();
  const [menuOpen, setMenuOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const key = workspaceKey(me);
  useLiveUpdates();
  usePaletteShortcut(() => setPaletteOpen((open) => !open));

  // biome-ignore lint/correctness/useExhaustiveDependencies: going anywhere, in either sense, closes what lies on top
  useEffect(() => {
    setMenuOpen(false);
    setPaletteOpen(false);
  }, [pathname, key]);
  useLeaveOtherWorkspace(key);

  return (
    <div className="flex min-h-dvh">
      <a
        href="#content"
        className="-translate-y-20 fixed top-2 left-2 z-60 rounded-lg bg-primary px-3 py-2 text-on-primary focus:translate-y-0"
      >
        {t('common.skipToContent')}
      </a>
      <aside className="sticky top-0 hidden h-dvh w-60 shrink-0 border-border border-r lg:block">
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
          <PageGate key={key}>
            <Outlet />
          </PageGate>
        </main>
      </div>
      <Dialog
        open={menuOpen}
        onOpenChange={setMenuOpen}
        title={t('common.menu')}
        hideHeader
        className="slide-in-from-left-4 top-0 left-0 h-dvh max-h-dvh w-72 translate-x-0 rounded-none border-y-0 border-l-0"
      >
        <Sidebar onSearch={() => setPaletteOpen(true)} />
      </Dialog>
      <CommandPalette open={paletteOpen} onOpenChange={setPaletteOpen} />
    </div>
  );
}

/** A dialog or a filter in the address belongs to the workspace it was opened in, also when another tab moved the session. */
function useLeaveOtherWorkspace(key: string) {
  const router = useRouter();
  const shown = useRef(key);
  useEffect(() => {
    if (shown.current === key) return;
    shown.current = key;
    const { pathname, search } = router.state.location;
    if (Object.keys(search).length > 0) {
      void router.navigate({ to: sectionOf(pathname), search: {}, replace: true });
    }
  }, [key, router]);
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
