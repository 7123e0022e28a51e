import { afterEach, expect, it } from 'vitest';
import { earlyAnswer } from './early-answer';

afterEach(() => {
  window.inventivMe = undefined;
});

const asking = (path: string, method = 'GET') => new Request(new URL(path, 'http://localhost'), { method });

it('is taken over once, and only by who asks for it', async () => {
  expect(earlyAnswer(asking('/auth/me'))).toBeUndefined();
  const answer = new Response('{}');
  window.inventivMe = Promise.resolve(answer);
  expect(earlyAnswer(asking('/auth/sessions'))).toBeUndefined();
  expect(earlyAnswer(asking('/auth/me', 'PUT'))).toBeUndefined();
  expect(await earlyAnswer(asking('/auth/me'))).toBe(answer);
  expect(earlyAnswer(asking('/auth/me'))).toBeUndefined();
});
