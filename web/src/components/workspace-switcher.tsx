import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Check, ChevronsUpDown, Plus, UserRound } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { OrganizationMark } from '@/features/organizations/organization-mark';
import { organizationsQuery } from '@/features/organizations/queries';
import { roleLabel } from '@/features/organizations/role';
import { useWorkspaceColor } from '@/features/organizations/workspace-color';
import { useMe } from '@/features/session/session';
import { useSwitchWorkspace } from '@/features/session/switch-workspace';
import { commandInput, commandItem } from './command-styles';

/** Shows where the session is and moves it: Personal, or one of the person's organizations. */
export function WorkspaceSwitcher() {
  const { t } = useTranslation();
  const me = useMe();
  const router = useRouter();
  const color = useWorkspaceColor();
  const organizations = useQuery(organizationsQuery);
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
        aria-label={t('session.workspace', { name: current })}
        disabled={enter.isPending}
        className="flex w-full items-center gap-2.5 rounded-lg p-1.5 text-left hover:bg-foreground/6 disabled:opacity-60"
      >
        <OrganizationMark name={current} color={color} personal={!me.current_organization_id} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-semibold text-[13px] leading-tight">{current}</span>
          <span className="block truncate text-muted text-xs">
            {me.current_organization_role ? roleLabel(t, me.current_organization_role) : t('session.onlyYou')}
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
          <Command label={t('session.switchWorkspace')} loop>
            <Command.Input placeholder={t('session.findWorkspace')} className={commandInput} />
            <Command.List className="max-h-80 overflow-y-auto p-1" label={t('session.workspaces')}>
              <Command.Empty className="px-3 py-6 text-center text-muted text-sm">
                {t('common.nothingFound')}
              </Command.Empty>
              <Command.Item
                value={t('session.personal')}
                aria-label={t('session.personal')}
                onSelect={() => choose(null)}
                className={commandItem}
              >
                <UserRound aria-hidden />
                <span className="flex-1">{t('session.personal')}</span>
                {!me.current_organization_id && <Check aria-hidden />}
              </Command.Item>
              {organizations.data?.items.map((organization) => (
                <Command.Item
                  key={organization.id}
                  value={`${organization.name} ${organization.slug}`}
                  aria-label={organization.name}
                  onSelect={() => choose(organization.id)}
                  className={commandItem}
                >
                  <OrganizationMark name={organization.name} color={organization.color} small />
                  <span className="min-w-0 flex-1 truncate">{organization.name}</span>
                  <span className="text-muted text-xs">{roleLabel(t, organization.role)}</span>
                  {organization.id === me.current_organization_id && <Check aria-hidden />}
                </Command.Item>
              ))}
              <Command.Item
                value={t('organizations.create')}
                onSelect={() => {
                  setOpen(false);
                  void router.navigate({ to: '/organizations', search: { create: true } });
                }}
                className={commandItem}
              >
                <Plus aria-hidden />
                {t('organizations.create')}
              </Command.Item>
            </Command.List>
          </Command>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
