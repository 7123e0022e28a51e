import { useQuery } from '@tanstack/react-query';
import { useMatches } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Badge } from '@/components/ui/badge';
import { namesakesAmong } from '@/features/organizations/namesakes';
import { organizationsQuery } from '@/features/organizations/queries';
import { roleLabel } from '@/features/organizations/role';
import { useWorkspaceColor } from '@/features/organizations/workspace-color';
import { useMe } from '@/features/session/session';

/** Names the workspace and the role at the top of every page that shows or changes something of it. */
export function WorkspaceBanner() {
  const { t } = useTranslation();
  const me = useMe();
  const color = useWorkspaceColor();
  const unscoped = useMatches({ select: (matches) => matches.at(-1)?.staticData.unscoped ?? false });
  const mine = useQuery({ ...organizationsQuery, enabled: me.current_organization_id != null && !unscoped });
  const organizations = mine.data?.items ?? [];
  const current = organizations.find(({ id }) => id === me.current_organization_id);
  if (unscoped) return null;
  const role = me.current_organization_role;
  return (
    <section
      aria-label={t('session.banner')}
      className="flex items-center gap-2 border-border border-b px-4 py-1.5 text-[13px] text-muted sm:px-8"
    >
      <span
        aria-hidden
        className="size-2 shrink-0 rounded-full bg-(--org)"
        style={{ '--org': color ?? 'var(--muted)' }}
      />
      {me.current_organization_id && role ? (
        <p>
          <strong className="font-medium text-foreground">{me.current_organization_name}</strong> ·{' '}
          {current && namesakesAmong(organizations)(current) && (
            <>
              <span className="wrap-anywhere font-mono text-xs">{current.slug}</span> ·{' '}
            </>
          )}
          <Badge tone="info">{t('session.yourRole', { role: roleLabel(t, role) })}</Badge>
        </p>
      ) : (
        <p>
          <strong className="font-medium text-foreground">{t('session.personal')}</strong> · {t('session.onlyYou')}
        </p>
      )}
    </section>
  );
}
