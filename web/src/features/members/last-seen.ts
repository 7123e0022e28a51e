import { useTranslation } from 'react-i18next';
import { useMe } from '@/features/session/session';
import { useFormat } from '@/lib/format';

/** When somebody was last seen, in words. Whoever reads this is here now: what the server keeps is written down now and then. */
export function useLastSeen() {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  return (userId: string, at: string | null | undefined): string => {
    if (userId === me.id) return t('members.seenNow');
    return at ? format.ago(at) : t('common.never');
  };
}
