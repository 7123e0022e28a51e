import { useTranslation } from 'react-i18next';
import type { InvitationPage } from '@/api/shapes';
import { Notice } from '@/components/ui/notice';
import { SignInForm } from '@/features/session/sign-in-form';

/** For somebody with an account: signing in here, after which the page asks to accept. The link stays in this page's address only. */
export function SignInToAccept({ invitation }: { invitation: InvitationPage }) {
  const { t } = useTranslation();
  return (
    <>
      <Notice tone="info" title={t('invitations.page.signIn')} />
      <SignInForm login={invitation.email} onSignedIn={() => {}} />
    </>
  );
}
