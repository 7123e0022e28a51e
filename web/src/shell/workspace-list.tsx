import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Check, Plus, UserRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { distinctNames, namesakesAmong } from '@/features/organizations/namesakes';
import { OrganizationMark } from '@/features/organizations/organization-mark';
import { organizationsQuery } from '@/features/organizations/queries';
import { roleLabel } from '@/features/organizations/role';
import { useMe } from '@/features/session/session';
import { commandFilter } from './command-filter';
import { commandInput, commandItem } from './command-styles';

type WorkspaceListProps = { onChoose: (organizationId: string | null) => void; onLeave: () => void };

/** The workspaces this person may enter, to be searched by name. */
export function WorkspaceList({ onChoose, onLeave }: WorkspaceListProps) {
  const { t } = useTranslation();
  const me = useMe();
  const router = useRouter();
  const organizations = useQuery(organizationsQuery).data?.items ?? [];
  const hasNamesake = namesakesAmong(organizations);
  const nameOf = distinctNames(organizations);
  return (
    <Command label={t('session.switchWorkspace')} filter={commandFilter} loop>
      <Command.Input autoFocus placeholder={t('session.findWorkspace')} className={commandInput} />
      <Command.List className="max-h-80 overflow-y-auto p-1" label={t('session.workspaces')}>
        <Command.Empty className="px-3 py-6 text-center text-muted text-sm">{t('common.nothingFound')}</Command.Empty>
        <Command.Item
          value={t('session.personal')}
          aria-label={t('session.personal')}
          onSelect={() => onChoose(null)}
          className={commandItem}
        >
          <UserRound aria-hidden />
          <span className="flex-1">{t('session.personal')}</span>
          {!me.current_organization_id && <Check aria-hidden />}
        </Command.Item>
        {organizations.map((organization) => (
          <Command.Item
            key={organization.id}
            value={`${organization.name} ${organization.slug}`}
            aria-label={nameOf(organization)}
            onSelect={() => onChoose(organization.id)}
            className={commandItem}
          >
            <OrganizationMark name={organization.name} color={organization.color} small />
            <span className="min-w-0 flex-1">
              <span className="block truncate">{organization.name}</span>
              {hasNamesake(organization) && (
                <span className="wrap-anywhere block font-mono text-muted text-xs">{organization.slug}</span>
              )}
            </span>
            <span className="text-muted text-xs">{roleLabel(t, organization.role)}</span>
            {organization.id === me.current_organization_id && <Check aria-hidden />}
          </Command.Item>
        ))}
        <Command.Item
          value={t('organizations.create')}
          onSelect={() => {
            onLeave();
            void router.navigate({ to: '/organizations', search: { create: true } });
          }}
          className={commandItem}
        >
          <Plus aria-hidden />
          {t('organizations.create')}
        </Command.Item>
      </Command.List>
    </Command>
  );
}
