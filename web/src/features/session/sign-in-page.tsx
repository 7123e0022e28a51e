import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { PublicPage } from '@/components/public-page';
import { SignInForm } from './sign-in-form';

export function SignInPage({ returnTo }: { returnTo?: string }) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <PublicPage
      title={t('session.signInTitle')}
      description={t('session.signInDetail')}
      footer={<p>{t('session.noAccount')}</p>}
    >
      <SignInForm onSignedIn={() => router.navigate({ href: safeReturn(returnTo), replace: true })} />
    </PublicPage>
  );
}

/** Only a path of this console: anything else could lead to a foreign site after sign-in. */
export function safeReturn(path: string | undefined): string {
  const inside = path?.startsWith('/') && !path.startsWith('//') && !path.includes('\\');
  return inside && path && !path.startsWith('/login') ? path : '/';
}
