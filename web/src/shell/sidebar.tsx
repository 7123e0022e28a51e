import { useQueryClient } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { ChevronsUpDown, LogOut, Search, UserRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { rememberWorkspace } from '@/api/workspace';
import { Badge } from '@/components/ui/badge';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '@/components/ui/menu';
import { forgetConversations } from '@/features/chat/conversation';
import { useWorkspaceColor } from '@/features/organizations/workspace-color';
import { useMe } from '@/features/session/session';
import { paletteKeys } from '@/lib/keyboard';
import { personName } from '@/lib/person-name';
import { describeProblem } from '@/lib/problem-words';
import { toast } from '@/lib/toasts';
import { mayLeave } from '@/lib/unsaved';
import { type VisibleEntry, visibleNavigation } from './navigation';
import { WorkspaceSwitcher } from './workspace-switcher';

const sections = ['work', 'finance', 'organization', 'platform'] as const;

export function Sidebar({ onSearch }: { onSearch: () => void }) {
  const { t } = useTranslation();
  const color = useWorkspaceColor();
  const entries = visibleNavigation(useMe());
  return (
    <div
      style={{ '--org': color ?? 'transparent' }}
      className="flex h-full flex-col gap-3 border-t-3 border-t-(--org) bg-[color-mix(in_oklab,var(--org)_10%,var(--sidebar))] p-3"
    >
      <WorkspaceSwitcher />
      <button
        type="button"
        onClick={onSearch}
        className="flex h-8 items-center gap-2 rounded-lg border border-border bg-surface/70 px-2.5 text-[13px] text-muted hover:text-foreground"
      >
        <Search className="size-3.5" aria-hidden />
        {t('common.search')}
        <kbd aria-hidden className="ml-auto font-sans text-xs">
          {paletteKeys()}
        </kbd>
      </button>
      <nav aria-label={t('common.mainNavigation')} className="-mx-1 min-h-0 flex-1 overflow-y-auto px-1">
        {sections.map((section) => {
          const shown = entries.filter((entry) => entry.section === section);
          if (shown.length === 0) return null;
          return (
            <div key={section} className="mb-4">
              {section !== 'work' && (
                <p className="px-2.5 pb-1 font-medium text-muted text-xs">
                  {section === 'platform' ? (
                    <Badge tone="warning">{t('common.section.platform')}</Badge>
                  ) : (
                    t(`common.section.${section}`)
                  )}
                </p>
              )}
              <ul className="grid gap-0.5">
                {shown.map((entry) => (
                  <li key={entry.to}>
                    <NavigationLink entry={entry} />
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </nav>
      <AccountMenu />
    </div>
  );
}

function NavigationLink({ entry }: { entry: VisibleEntry }) {
  const { t } = useTranslation();
  return (
    <Link
      to={entry.to}
      activeOptions={{ exact: entry.to === '/', includeSearch: false }}
      className="flex min-h-8 items-center gap-2.5 rounded-lg px-2.5 py-1 text-[13px] text-foreground/80 leading-tight hover:bg-foreground/6 hover:text-foreground [&_svg]:size-4 [&_svg]:shrink-0"
      activeProps={{ className: 'bg-foreground/8 font-medium text-foreground' }}
    >
      <entry.icon aria-hidden />
      {t(entry.label)}
      {entry.organizationRequired && <Badge className="ml-auto">{t('session.orgRequired')}</Badge>}
    </Link>
  );
}

function AccountMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const router = useRouter();
  const queries = useQueryClient();

  const signOut = async () => {
    if (!(await mayLeave())) return;
    try {
      await api.POST('/auth/logout');
    } catch (error) {
      const words = describeProblem(t, error);
      toast({ tone: 'danger', title: words.title, detail: words.detail });
      return;
    }
    await router.navigate({ to: '/login', ignoreBlocker: true });
    forgetConversations();
    rememberWorkspace(undefined);
    queries.clear();
  };

  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="flex items-center gap-2.5 rounded-lg p-1.5 text-left hover:bg-foreground/6">
          <span
            aria-hidden
            className="grid size-7 place-items-center rounded-full bg-foreground/10 font-semibold text-xs uppercase"
          >
            {personName(me).slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1 truncate text-[13px]">
            <span className="sr-only">{t('account.menu')} </span>
            {personName(me)}
          </span>
          <ChevronsUpDown className="size-3.5 text-muted" aria-hidden />
        </button>
      }
    >
      <MenuLabel>{me.email}</MenuLabel>
      <MenuItem asChild>
        <Link to="/account">
          <UserRound aria-hidden />
          {t('account.title')}
        </Link>
      </MenuItem>
      <MenuSeparator />
      <MenuItem onSelect={signOut}>
        <LogOut aria-hidden />
        {t('session.signOut')}
      </MenuItem>
    </Menu>
  );
}
