import { ChevronsUpDown } from 'lucide-react';
import { Popover } from 'radix-ui';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Skeleton } from '@/components/ui/skeleton';
import { OrganizationMark } from '@/features/organizations/organization-mark';
import { roleLabel } from '@/features/organizations/role';
import { useWorkspaceColor } from '@/features/organizations/workspace-color';
import { useMe } from '@/features/session/session';
import { useSwitchWorkspace } from '@/features/session/switch-workspace';

const WorkspaceList = lazy(() => import('./workspace-list').then((module) => ({ default: module.WorkspaceList })));

/** Shows where the session is and moves it: Personal, or one of the person's organizations. */
export function WorkspaceSwitcher() {
  const { t } = useTranslation();
  const me = useMe();
  const color = useWorkspaceColor();
  const enter = useSwitchWorkspace();
  const [open, setOpen] = useState(false);
  const current = me.current_organization_name ?? t('session.personal');

  const choose = (organizationId: string | null) => {
    setOpen(false);
    if (organizationId !== (me.current_organization_id ?? null)) enter.mutate(organizationId);
  };

  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        disabled={enter.isPending}
        className="flex w-full items-center gap-2.5 rounded-lg p-1.5 text-left hover:bg-foreground/6 disabled:opacity-60"
      >
        <OrganizationMark name={current} color={color} personal={!me.current_organization_id} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-semibold text-[13px] leading-tight">
            <span className="sr-only">{t('session.workspace')} </span>
            {current}
          </span>
          <span className="block truncate text-muted text-xs">
            {me.current_organization_role
              ? `${roleLabel(t, me.current_organization_role)} · ${me.current_organization_slug}`
              : t('session.onlyYou')}
          </span>
        </span>
        <ChevronsUpDown className="size-3.5 text-muted" aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={6}
          collisionPadding={8}
          aria-label={t('session.switchWorkspace')}
          className="fade-in-0 zoom-in-98 z-60 w-64 animate-in overflow-hidden rounded-xl border border-border bg-surface shadow-lg duration-100"
        >
          <Suspense fallback={<Skeleton className="m-2 h-24" />}>
            <WorkspaceList onChoose={choose} onLeave={() => setOpen(false)} />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
