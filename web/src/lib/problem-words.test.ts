import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '@/api/problem';
import { describeProblem } from './problem-words';

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
    expect(words({ status: 429, code: 'too_many_attempts' }).detail).toBe('Wait a moment, then try again.');
  });

  it("uses the server's sentence for a code it doesn't know", () => {
    expect(words({ status: 409, code: 'last_owner', title: 'Last owner', detail: 'Somebody must own it.' })).toEqual({
      title: 'Last owner',
      detail: 'Somebody must own it.',
      requestId: undefined,
    });
  });

  it('tells a server that failed from a server that is not there', () => {
    expect(words({ status: 500, code: 'internal' }).title).toBe('Something went wrong on our side');
    expect(describeProblem(i18next.t, new TypeError('fetch failed')).title).toBe("The server can't be reached");
  });
});
