import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { adoptSession } from '@/features/session/session';
import { toast } from '@/lib/toasts';

type NewAccount = { username?: string; first_name?: string; last_name?: string; password?: string; locale?: string };
type Accepted = Awaited<ReturnType<typeof accept>>;

/** Accepts with the session of the invited account, or with the fields of a new one. Signs nobody in. */
export function accept(token: string, account: NewAccount) {
  return body(api.POST('/organizations/invitations/{token}/accept', { params: { path: { token } }, body: account }));
}

/** Takes the session into the organization that was just joined, and to its dashboard. */
export function useEnterOrganization() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const router = useRouter();
  return async ({ organization_id, organization_name }: Accepted) => {
    const me = await body(api.PUT('/organizations/current', { body: { organization_id } }));
    await adoptSession(queries, me);
    toast({ title: t('invitations.page.joined', { organization: organization_name }) });
    await router.navigate({ to: '/', replace: true });
  };
}
