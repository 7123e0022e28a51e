import { Link, useRouter } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from './problem-notice';
import { PublicPage } from './public-page';
import { Button } from './ui/button';
import { EmptyState } from './ui/empty-state';

export function RouteProblem({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <div className="mx-auto max-w-2xl p-6">
      <ProblemNotice error={error} onRetry={() => router.invalidate()} />
    </div>
  );
}

/** When not even who is signed in can be found out, so that there is no shell around the problem. */
export function StartProblem({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <PublicPage title={t('problems.cannotStart')}>
      <ProblemNotice error={error} onRetry={() => router.invalidate()} />
    </PublicPage>
  );
}

/** The page of every address that has none. */
export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={Compass}
      heading="h1"
      title={t('common.pageNotFound')}
      action={
        <Button asChild>
          <Link to="/">{t('common.backToDashboard')}</Link>
        </Button>
      }
    >
      {t('common.pageNotFoundDetail')}
    </EmptyState>
  );
}

/** The page of a thing that is gone, or was never in this workspace: says so, and leads to the list of those that are. */
export function MissingThing({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={Compass}
      heading="h1"
      title={t('problems.code.not_found.title')}
      action={
        <Button asChild variant="primary">
          {children}
        </Button>
      }
    >
      {t('problems.code.not_found.detail')}
    </EmptyState>
  );
}
