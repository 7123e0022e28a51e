import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from './problem-notice';
import { Button } from './ui/button';
import { EmptyState } from './ui/empty-state';

export function RouteProblem({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <div className="mx-auto max-w-2xl p-6">
      <ProblemNotice error={error} onRetry={reset} />
    </div>
  );
}

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
      title={t('problems.notFound')}
      action={
        <Button asChild variant="primary">
          {children}
        </Button>
      }
    >
      {t('problems.notFoundDetail')}
    </EmptyState>
  );
}
