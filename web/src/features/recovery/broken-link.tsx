import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';

/** The server doesn't tell an unknown link from a used or an expired one. */
export function isBrokenLink(error: unknown): boolean {
  return asProblem(error).errors?.some(({ field }) => field === 'token') ?? false;
}

/** A link that doesn't work, and where to get another one. */
export function BrokenLink({ kind }: { kind: 'password' | 'email' }) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-4">
      <Notice tone="warning" role="alert" title={t('recovery.broken')}>
        {t(`recovery.brokenDetail.${kind}`)}
      </Notice>
      <Button asChild>
        {kind === 'password' ? (
          <Link to="/forgot-password">{t('recovery.askAgain')}</Link>
        ) : (
          <Link to="/account">{t('account.title')}</Link>
        )}
      </Button>
    </div>
  );
}
