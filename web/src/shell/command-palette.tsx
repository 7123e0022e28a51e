import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Building2, KeyRound, Languages, MailPlus, Moon, Plus, Rocket, Sun, UserRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '@/components/ui/dialog';
import { useChooseLanguage } from '@/features/account/use-choose-language';
import { distinctNames } from '@/features/organizations/namesakes';
import { organizationsQuery } from '@/features/organizations/queries';
import { useCan, useMe } from '@/features/session/session';
import { useSwitchWorkspace } from '@/features/session/switch-workspace';
import { languageNames, languages } from '@/i18n/language';
import { setTheme } from '@/lib/theme';
import { commandFilter } from './command-filter';
import { CommandGroup as Group } from './command-group';
import { commandInput, commandItem } from './command-styles';
import { FoundThings } from './found-things';
import { visibleNavigation } from './navigation';

type PaletteProps = { open: boolean; onOpenChange: (open: boolean) => void };

/** Everything one can go to or start, from the keyboard. */
export function CommandPalette({ open, onOpenChange }: PaletteProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  // Whoever opens it again begins anew.
  const show = (shown: boolean) => {
    onOpenChange(shown);
    if (!shown) setTyped('');
  };
  const run = (act: () => void) => () => {
    show(false);
    act();
  };
  return (
    <Dialog open={open} onOpenChange={show} title={t('common.commandPalette')} hideHeader className="max-w-xl">
      <Command label={t('common.commandPalette')} filter={commandFilter} loop>
        <Command.Input
          value={typed}
          onValueChange={setTyped}
          placeholder={t('common.commandPlaceholder')}
          className={commandInput}
        />
        <Command.List className="max-h-96 overflow-y-auto p-1.5" label={t('common.commands')}>
          <Command.Empty className="px-3 py-8 text-center text-muted text-sm">{t('common.nothingFound')}</Command.Empty>
          <Commands run={run} />
          <FoundThings typed={typed} run={run} />
        </Command.List>
      </Command>
    </Dialog>
  );
}

function Commands({ run }: { run: (act: () => void) => () => void }) {
  const { t, i18n } = useTranslation();
  const router = useRouter();
  const me = useMe();
  const enter = useSwitchWorkspace();
  const choose = useChooseLanguage();
  const organizations = useQuery(organizationsQuery);
  const nameOf = distinctNames(organizations.data?.items ?? []);
  const canCreateKey = useCan('api_key.create');
  const canDeploy = useCan('instance.create');
  const canInvite = useCan('invitation.create');
  const pages = visibleNavigation(me).filter((entry) => !entry.organizationRequired);
  return (
    <>
      <Group heading={t('common.pages')}>
        {pages.map((entry) => (
          <Command.Item
            key={entry.to}
            value={t(entry.label)}
            onSelect={run(() => router.navigate({ to: entry.to }))}
            className={commandItem}
          >
            <entry.icon aria-hidden />
            {t(entry.label)}
          </Command.Item>
        ))}
        <Command.Item onSelect={run(() => router.navigate({ to: '/account' }))} className={commandItem}>
          <UserRound aria-hidden />
          {t('account.title')}
        </Command.Item>
      </Group>
      <Group heading={t('common.actions')}>
        {canDeploy && (
          <Command.Item onSelect={run(() => router.navigate({ to: '/instances/deploy' }))} className={commandItem}>
            <Rocket aria-hidden />
            {t('instances.deploy')}
          </Command.Item>
        )}
        {canCreateKey && (
          <Command.Item
            onSelect={run(() => router.navigate({ to: '/api-keys', search: { create: true } }))}
            className={commandItem}
          >
            <KeyRound aria-hidden />
            {t('apiKeys.create')}
          </Command.Item>
        )}
        {canInvite && (
          <Command.Item
            onSelect={run(() => router.navigate({ to: '/organization/invitations', search: { create: true } }))}
            className={commandItem}
          >
            <MailPlus aria-hidden />
            {t('invitations.create')}
          </Command.Item>
        )}
        <Command.Item
          onSelect={run(() => router.navigate({ to: '/organizations', search: { create: true } }))}
          className={commandItem}
        >
          <Plus aria-hidden />
          {t('organizations.create')}
        </Command.Item>
        <Command.Item onSelect={run(() => setTheme('light'))} className={commandItem}>
          <Sun aria-hidden />
          {t('account.useTheme.light')}
        </Command.Item>
        <Command.Item onSelect={run(() => setTheme('dark'))} className={commandItem}>
          <Moon aria-hidden />
          {t('account.useTheme.dark')}
        </Command.Item>
        {languages
          .filter((language) => language !== i18n.language)
          .map((language) => (
            <Command.Item key={language} onSelect={run(() => choose.mutate(language))} className={commandItem}>
              <Languages aria-hidden />
              <span lang={language}>{languageNames[language]}</span>
            </Command.Item>
          ))}
      </Group>
      <Group heading={t('session.switchWorkspace')}>
        {me.current_organization_id && (
          <Command.Item onSelect={run(() => enter.mutate(null))} className={commandItem}>
            <UserRound aria-hidden />
            {t('session.switchTo', { name: t('session.personal') })}
          </Command.Item>
        )}
        {organizations.data?.items
          .filter(({ id }) => id !== me.current_organization_id)
          .map((organization) => (
            <Command.Item
              key={organization.id}
              value={`workspace ${organization.name} ${organization.slug}`}
              onSelect={run(() => enter.mutate(organization.id))}
              className={commandItem}
            >
              <Building2 aria-hidden />
              {t('session.switchTo', { name: nameOf(organization) })}
            </Command.Item>
          ))}
      </Group>
    </>
  );
}
