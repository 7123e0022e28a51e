import i18next, { type TFunction } from 'i18next';
import type { Permission, Unit } from '@/api/codes';
import { asProblem, type FieldProblem, type Params, type Problem } from '@/api/problem';
import type { Underscored } from '@/i18n/coded-words';
import type { en } from '@/i18n/en';
import { rolesInWords } from './permission-roles';

/** What went wrong, in words for the person on the screen. */
export type ProblemWords = { title: string; detail?: string; requestId?: string };

type KnownCode = keyof typeof en.problems.code;
type KnownFieldCode = keyof typeof en.problems.fieldCode;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

function isKnown(code: string): code is KnownCode {
  return i18next.exists(`problems.code.${code}.title`);
}

function isKnownForFields(code: string): code is KnownFieldCode {
  return i18next.exists(`problems.fieldCode.${code}`);
}

function isUnit(unit: unknown): unit is Unit {
  return typeof unit === 'string' && i18next.exists(`problems.limit.${unit}.between`);
}

/** Turns any failure into words, with the request id where somebody else has to help. The server speaks English only: its sentence is used where we have no words for the code. */
export function describeProblem(t: TFunction, error: unknown): ProblemWords {
  const problem = asProblem(error);
  const { code, permission, request_id: requestId } = problem;
  if (code === 'unreachable') return { title: t('problems.unreachable'), detail: t('problems.unreachableDetail') };
  if (!isKnown(code)) {
    if (problem.status >= 500) return { ...known(t, 'internal'), requestId };
    return { title: t('problems.refused'), detail: problem.detail, requestId };
  }
  const named = permission && {
    label: permissionLabel(t, permission),
    roles: rolesInWords(t, i18next.language, permission),
  };
  const words = known(t, code, { ...spoken(problem.params), ...(named || {}) });
  return {
    ...words,
    detail: particular(t, problem) ?? words.detail,
    requestId: problem.status >= 500 || problem.status === 403 ? requestId : undefined,
  };
}

function known(t: TFunction, code: KnownCode, replace?: Record<string, string>) {
  return { title: t(`problems.code.${code}.title`), detail: t(`problems.code.${code}.detail`, { replace }) };
}

/** What is known of this very case, beyond what the code says. */
function particular(t: TFunction, problem: Problem): string | undefined {
  switch (problem.code) {
    case 'too_many_attempts':
      return retryWords(t, problem.retryAfter);
    case 'validation_failed':
      return complaintsInWords(t, problem.errors);
    case 'forbidden':
      return problem.permission ? undefined : problem.detail;
  }
}

/** What a permission allows, in words; one that this console doesn't know yet is shown as the server calls it. */
function permissionLabel(t: TFunction, permission: string): string {
  const key = permission.replaceAll('.', '_');
  return i18next.exists(`problems.permission.${key}`)
    ? t(`problems.permission.${key as Underscored<Permission>}`)
    : permission;
}

/** What is wrong with one field. */
export function describeFieldProblem(t: TFunction, { code, message, params = {} }: FieldProblem): string {
  const { min, max, unit } = params;
  const replace = spoken(params);
  if (isUnit(unit) && max !== undefined) {
    // A text or a list always has a least length; only one that asks for something is worth a word.
    const hasLeast = min !== undefined && (code !== 'length' || min !== 0);
    return t(`problems.limit.${unit}.${hasLeast ? 'between' : 'atMost'}`, { replace });
  }
  if (isKnownForFields(code)) return t(`problems.fieldCode.${code}`, { replace });
  // The API says "is taken" and leaves the subject to whoever shows it; a whole sentence stays as it is.
  return /^\p{Ll}/u.test(message) ? t('problems.field', { message }) : message;
}

/** The values of a sentence as they stand in it. Not by locale: the numbers are limits, written as people type them. */
function spoken(params: Params = {}): Record<string, string> {
  const inWords = (value: Params[string]) => (Array.isArray(value) ? value.join(', ') : String(value));
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, inWords(value)]));
}

function complaintsInWords(t: TFunction, complaints: FieldProblem[] | undefined): string | undefined {
  if (!complaints || complaints.length === 0) return undefined;
  return complaints.map((complaint) => `${complaint.field}: ${describeFieldProblem(t, complaint)}`).join(' ');
}

function retryWords(t: TFunction, seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  if (seconds < 2 * MINUTE) return t('problems.retryAfter', { count: seconds });
  if (seconds < 2 * HOUR) return t('problems.retryAfterMinutes', { count: Math.ceil(seconds / MINUTE) });
  return t('problems.retryAfterHours', { count: Math.ceil(seconds / HOUR) });
}
