import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { Monitor } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Session } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Loaded } from '@/components/loaded';
import { ProblemNotice } from '@/components/problem-notice';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Skeleton } from '@/components/ui/skeleton';
import { roleLabel } from '@/features/organizations/role';
import { browserName } from '@/lib/browser-name';
import { useFormat } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { sessionsQuery } from './queries';

export function SessionsCard() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const query = useQuery(sessionsQuery);
  const [asking, setAsking] = useState(false);
  const others = query.data?.items.filter(({ is_current }) => !is_current).length ?? 0;

  const revokeOthers = async () => {
    await api.POST('/auth/sessions/revoke_others');
    await queries.invalidateQueries({ queryKey: ['sessions'] });
    toast({ title: t('account.othersRevoked') });
  };

  return (
    <Card
      title={t('account.sessions')}
      description={t('account.sessionsDetail')}
      actions={
        others > 0 && (
          <Button size="sm" onClick={() => setAsking(true)}>
            {t('account.revokeOthers')}
          </Button>
        )
      }
    >
      <Loaded query={query} skeleton={<Skeleton className="h-24" />}>
        {({ items }) => (
          <ul aria-label={t('account.sessions')} className="divide-y divide-border">
            {items.map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
          </ul>
        )}
      </Loaded>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('account.revokeOthersTitle', { count: others })}
        confirmLabel={t('account.revokeOthersConfirm')}
        onConfirm={revokeOthers}
      >
        {t('account.revokeOthersDetail')}
      </ConfirmDialog>
    </Card>
  );
}

/** Where the session is and as what: "Acme (Admin)". */
function workspaceOf(t: TFunction, session: Session): string {
  const { current_organization_name: name, organization_role: role } = session;
  if (!name) return t('session.personal');
  return role ? t('account.workspaceAs', { name, role: roleLabel(t, role) }) : name;
}

function SessionRow({ session }: { session: Session }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.POST('/auth/sessions/{id}/revoke', { params: { path: { id: session.id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const browser = browserName(session.user_agent) ?? t('account.unknownBrowser');
  return (
    <li className="py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-3">
        <Monitor className="size-5 shrink-0 text-muted" aria-hidden />
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-2 font-medium">
            {browser}
            {session.is_current && <Badge tone="success">{t('account.thisSession')}</Badge>}
          </p>
          <p className="text-[13px] text-muted">
            {[
              workspaceOf(t, session),
              session.ip_address,
              t('account.lastUsed', { when: format.ago(session.last_used_at) }),
              t('account.signedIn', { when: format.date(session.created_at) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        {!session.is_current && (
          <Button
            size="sm"
            variant="ghost"
            aria-label={t('account.revokeSession', { name: browser })}
            pending={revoke.isPending}
            onClick={() => revoke.mutate()}
          >
            {t('account.revoke')}
          </Button>
        )}
      </div>
      {revoke.isError && <ProblemNotice error={revoke.error} className="mt-2" />}
    </li>
  );
}
