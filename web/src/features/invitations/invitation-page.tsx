import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import type { InvitationPage as Invitation } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { PublicPage } from '@/components/public-page';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { Skeleton } from '@/components/ui/skeleton';
import { roleLabel } from '@/features/organizations/role';
import { meQuery } from '@/features/session/session';
import { hasChosenBeforeSignIn, isLanguage, showLanguage } from '@/i18n/language';
import { useFormat } from '@/lib/format';
import { AcceptCard } from './accept-card';
import { NewAccountForm } from './new-account-form';
import { invitationQuery } from './queries';
import { SignInToAccept } from './sign-in-to-accept';
import { WrongAccount } from './wrong-account';

/** What a mailed link invites to, and the way to accept it that fits whoever stands before it. */
export function InvitationPage({ token }: { token: string | null }) {
  const { t } = useTranslation();
  const query = useQuery({ ...invitationQuery(token ?? ''), enabled: token !== null });
  const invitation = query.data;
  useInviteesLanguage(invitation);

  if (!token || (query.isError && asProblem(query.error).status === 404)) {
    return (
      <PublicPage title={t('invitations.page.title')}>
        <Notice tone="warning" role="alert" title={t('invitations.page.unknown')}>
          {t('invitations.page.unknownDetail')}
        </Notice>
      </PublicPage>
    );
  }
  return (
    <PublicPage
      title={
        invitation
          ? t('invitations.page.heading', { organization: invitation.organization_name })
          : t('invitations.page.title')
      }
      description={
        invitation &&
        t('invitations.page.by', { name: invitation.invited_by_name, role: roleLabel(t, invitation.role) })
      }
    >
      <Loaded query={query} skeleton={<Skeleton className="h-32" />}>
        {(loaded) => <WayIn token={token} invitation={loaded} />}
      </Loaded>
    </PublicPage>
  );
}

type WayInProps = { token: string; invitation: Invitation };

function WayIn({ token, invitation }: WayInProps) {
  const { t } = useTranslation();
  const format = useFormat();
  // Nobody being signed in is an answer here like any other.
  const session = useQuery({ ...meQuery, retry: false });
  const { status } = invitation;
  if (status !== 'pending') {
    return (
      <div className="grid gap-4">
        <Notice tone="warning" role="alert" title={t(`invitations.page.state.${status}`)}>
          {t(`invitations.page.stateDetail.${status}`)}
        </Notice>
        <Button asChild className="w-full">
          <Link to="/">{session.data ? t('common.backToDashboard') : t('session.signIn')}</Link>
        </Button>
      </div>
    );
  }
  if (session.isPending) return <Skeleton className="h-32" />;
  const me = session.data;
  return (
    <div className="grid gap-4">
      {me && me.email.toLowerCase() === invitation.email.toLowerCase() ? (
        <AcceptCard token={token} invitation={invitation} />
      ) : me ? (
        <WrongAccount invitation={invitation} signedInAs={me.email} />
      ) : invitation.account_exists ? (
        <SignInToAccept invitation={invitation} />
      ) : (
        <NewAccountForm token={token} invitation={invitation} />
      )}
      <p className="text-center text-[13px] text-muted">
        {t('invitations.page.until', { when: format.dateTime(invitation.expires_at) })}
      </p>
    </div>
  );
}

/** Somebody with an account reads the page in their language, unless another one was chosen here. */
function useInviteesLanguage(invitation: Invitation | undefined) {
  const locale = invitation?.account_exists ? invitation.locale : undefined;
  useEffect(() => {
    if (isLanguage(locale) && !hasChosenBeforeSignIn()) showLanguage(locale).catch(() => {});
  }, [locale]);
}
