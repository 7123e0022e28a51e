import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '@/api/problem';
import { showLanguage } from '@/i18n/language';
import { describeFieldProblem, describeProblem } from './problem-words';

const words = (problem: ConstructorParameters<typeof ProblemError>[0]) =>
  describeProblem(i18next.t, new ProblemError(problem));

describe('describeProblem', () => {
  it('names the missing permission and keeps the request id', () => {
    const { title, detail, requestId } = words({
      status: 403,
      code: 'forbidden',
      permission: 'instance.create',
      request_id: 'r1',
    });
    expect(title).toBe('You may not do this here');
    expect(detail).toContain('instance.create');
    expect(requestId).toBe('r1');
  });

  it('says when to try again', () => {
    expect(words({ status: 429, code: 'too_many_attempts', retryAfter: 30 }).detail).toBe('Try again in 30 seconds.');
    expect(words({ status: 429, code: 'too_many_attempts', retryAfter: 894 }).detail).toBe('Try again in 15 minutes.');
    expect(words({ status: 429, code: 'too_many_attempts' }).detail).toBe('Wait a moment, then try again.');
  });

  it("uses the server's sentence for a code it doesn't know", () => {
    expect(words({ status: 409, code: 'odd_case', title: 'Conflict', detail: 'The server knows why.' })).toEqual({
      title: 'The request was refused',
      detail: 'The server knows why.',
      requestId: undefined,
    });
  });

  it('has its own words for codes it knows, in the language of the person', async () => {
    const stale = { status: 412, code: 'stale', detail: 'The organization was changed by somebody else.' };
    expect(words(stale).title).toBe('Somebody else changed this in the meantime');
    await showLanguage('fr');
    expect(words(stale).title).toBe('Quelqu’un d’autre a modifié ceci entre-temps');
    await showLanguage('en');
  });

  it('tells a server that failed from a server that is not there', () => {
    expect(words({ status: 500, code: 'internal' }).title).toBe('Something went wrong on our side');
    expect(describeProblem(i18next.t, new TypeError('fetch failed')).title).toBe("The server can't be reached");
  });
});

describe('describeFieldProblem', () => {
  const complaint = (code: string, message: string) =>
    describeFieldProblem(i18next.t, { field: 'name', code, message });

  it('translates the rule with its numbers', async () => {
    expect(complaint('length', 'must have 1 to 100 characters')).toBe('This must have 1 to 100 characters.');
    await showLanguage('fr');
    expect(complaint('length', 'must have 1 to 100 characters')).toBe('Il faut de 1 à 100 caractères.');
    await showLanguage('en');
  });

  it("makes a sentence of the server's words for a rule it doesn't know", () => {
    expect(complaint('length', 'must have at most 200 characters')).toBe('This must have at most 200 characters.');
    expect(complaint('odd', 'Ask somebody.')).toBe('Ask somebody.');
  });
});
