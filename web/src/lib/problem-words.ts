import type { TFunction } from 'i18next';
import { asProblem } from '@/api/problem';

/** What went wrong, in words for the person on the screen. */
export type ProblemWords = { title: string; detail?: string; requestId?: string };

/** Turns any failure into words. The server's own sentence is used where we have none that says more. */
export function describeProblem(t: TFunction, error: unknown): ProblemWords {
  const problem = asProblem(error);
  const requestId = problem.request_id;
  switch (problem.code) {
    case 'unreachable':
      return { title: t('problems.unreachable'), detail: t('problems.unreachableDetail') };
    case 'invalid_credentials':
      return { title: t('problems.invalidCredentials'), detail: t('problems.invalidCredentialsDetail'), requestId };
    case 'too_many_attempts':
      return { title: t('problems.tooManyAttempts'), detail: retryWords(t, problem.retryAfter), requestId };
    case 'forbidden':
      return {
        title: t('problems.forbidden'),
        detail: problem.permission ? t('problems.forbiddenDetail', { permission: problem.permission }) : problem.detail,
        requestId,
      };
    case 'organization_required':
      return { title: t('problems.organizationRequired'), detail: t('problems.organizationRequiredDetail'), requestId };
    case 'workspace_changed':
      return { title: t('problems.workspaceChanged'), detail: t('problems.workspaceChangedDetail'), requestId };
    case 'unauthenticated':
      return { title: t('problems.unauthenticated'), requestId };
    case 'not_found':
      return { title: t('problems.notFound'), detail: problem.detail ?? t('problems.notFoundDetail'), requestId };
    case 'validation_failed':
      return { title: t('problems.validationFailed'), detail: problem.detail, requestId };
    default:
      return {
        title: problem.status >= 500 ? t('problems.serverFailed') : (problem.title ?? t('problems.refused')),
        detail: problem.detail ?? (problem.status >= 500 ? t('problems.serverFailedDetail') : undefined),
        requestId,
      };
  }
}

function retryWords(t: TFunction, seconds: number | undefined): string {
  return seconds === undefined ? t('problems.retryLater') : t('problems.retryAfter', { count: seconds });
}
