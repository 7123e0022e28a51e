import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { PublicPage } from '@/components/public-page';
import { enterOrganization } from './session';
import { SignInForm } from './sign-in-form';

type SignInPageProps = {
  returnTo?: string;
  /** The organization in which the session ended that the path to return to belongs to. */
  workspace?: string;
};

export function SignInPage({ returnTo, workspace }: SignInPageProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const queries = useQueryClient();
  const goBack = async () => {
    // Another account, or one that left meanwhile, begins in Personal as always.
    if (workspace) await enterOrganization(queries, workspace).catch(() => {});
    await router.navigate({ href: safeReturn(returnTo), replace: true });
  };
  return (
    <PublicPage
      title={t('session.signInTitle')}
      description={t('session.signInDetail')}
      footer={<p>{t('session.noAccount')}</p>}
    >
      <SignInForm onSignedIn={goBack} />
    </PublicPage>
  );
}

/** Only a path of this console: anything else could lead to a foreign site after sign-in. */
export function safeReturn(path: string | undefined): string {
  const inside = path?.startsWith('/') && !path.startsWith('//') && !path.includes('\\');
  return inside && path && !path.startsWith('/login') ? path : '/';
}
