import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { defaultParseSearch, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';
import { PublicPage } from '@/components/public-page';
import { enterOrganization, meQuery } from './session';
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
    // Another account, or one that left meanwhile, begins where it was last, as always.
    if (workspace) await enterOrganization(queries, workspace).catch(() => {});
    else await enterAddressed(queries, returnTo).catch(() => {});
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

/** Enters the organization that the address to return to names, if it is one of mine. */
async function enterAddressed(queries: QueryClient, returnTo: string | undefined): Promise<void> {
  // As the router writes it: a name like 2024 stands in quotes.
  const { workspace: slug } = defaultParseSearch(new URL(returnTo ?? '', window.location.origin).search) as {
    workspace?: string;
  };
  if (!slug || queries.getQueryData(meQuery.queryKey)?.current_organization_slug === slug) return;
  const mine = await readPages((cursor) =>
    body(api.GET('/organizations', { params: { query: { limit: PAGE_SIZE, cursor } } })),
  );
  const addressed = mine.items.find((organization) => organization.slug === slug);
  if (addressed) await enterOrganization(queries, addressed.id);
}

/** Only a path of this console: anything else could lead to a foreign site after sign-in. */
export function safeReturn(path: string | undefined): string {
  const inside = path?.startsWith('/') && !path.startsWith('//') && !path.includes('\\');
  return inside && path && !path.startsWith('/login') ? path : '/';
}
