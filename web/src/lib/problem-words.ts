import i18next, { type TFunction } from 'i18next';
import { asProblem, type FieldProblem } from '@/api/problem';
import type { en } from '@/i18n/en';

/** What went wrong, in words for the person on the screen. */
export type ProblemWords = { title: string; detail?: string; requestId?: string };

type KnownCode = keyof typeof en.problems.code;
type KnownFieldCode = keyof typeof en.problems.fieldCode;

const MINUTE = 60;

/** Rules whose words need two numbers. */
const codesWithNumbers = ['length', 'range'];

function isKnown(code: string): code is KnownCode {
  return i18next.exists(`problems.code.${code}.title`);
}

function isKnownForFields(code: string): code is KnownFieldCode {
  return i18next.exists(`problems.fieldCode.${code}`);
}

/** Turns any failure into words. The server speaks English only: its sentence is used where we have no words for the code. */
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
      return { title: t('problems.notFound'), detail: t('problems.notFoundDetail'), requestId };
    case 'validation_failed':
      return {
        title: t('problems.validationFailed'),
        detail: complaintsInWords(t, problem.errors) ?? problem.detail,
        requestId,
      };
  }
  if (isKnown(problem.code)) {
    return {
      title: t(`problems.code.${problem.code}.title`),
      detail: t(`problems.code.${problem.code}.detail`),
      requestId,
    };
  }
  if (problem.status >= 500)
    return { title: t('problems.serverFailed'), detail: t('problems.serverFailedDetail'), requestId };
  return { title: t('problems.refused'), detail: problem.detail, requestId };
}

/** What is wrong with one field. The numbers of a rule are in the server's sentence only, so they are read from there. */
export function describeFieldProblem(t: TFunction, { code, message }: FieldProblem): string {
  const [low, high] = message.match(/\d+/g) ?? [];
  const hasNumbers = low !== undefined && high !== undefined;
  if (isKnownForFields(code) && (!codesWithNumbers.includes(code) || hasNumbers))
    return t(`problems.fieldCode.${code}`, { low, high });
  // The API says "is taken" and leaves the subject to whoever shows it; a whole sentence stays as it is.
  return /^\p{Ll}/u.test(message) ? t('problems.field', { message }) : message;
}

function complaintsInWords(t: TFunction, complaints: FieldProblem[] | undefined): string | undefined {
  if (!complaints || complaints.length === 0) return undefined;
  return complaints.map((complaint) => `${complaint.field}: ${describeFieldProblem(t, complaint)}`).join(' ');
}

function retryWords(t: TFunction, seconds: number | undefined): string {
  if (seconds === undefined) return t('problems.retryLater');
  if (seconds < 2 * MINUTE) return t('problems.retryAfter', { count: seconds });
  return t('problems.retryAfterMinutes', { count: Math.ceil(seconds / MINUTE) });
}
