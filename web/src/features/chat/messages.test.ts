import { expect, it } from 'vitest';
import { messagesOf } from './messages';

const user = (content: string) => ({ role: 'user' as const, content });
const assistant = (content: string) => ({ role: 'assistant' as const, content });

it('sends a conversation as it is', () => {
  const turns = [user('Hi'), assistant('Hello'), user('Who are you?')];
  expect(messagesOf(turns)).toEqual(turns);
});

it('asks a question without an answer together with the next one', () => {
  const turns = [user('Hi'), assistant(''), user('Are you there?'), assistant('\n'), user('Well?')];
  expect(messagesOf(turns)).toEqual([user('Hi\n\nAre you there?\n\nWell?')]);
  // The turns themselves stay what they were.
  expect(turns[0]).toEqual(user('Hi'));
});

it('keeps what there was of an answer that was cut off', () => {
  expect(messagesOf([user('Count'), assistant('1, 2'), user('Go on')])).toHaveLength(3);
});

it('alternates and begins with a question whatever the turns are', () => {
  const kinds = [user('a'), user(''), assistant('b'), assistant('')];
  for (let picture = 0; picture < 4 ** 5; picture += 1) {
    const turns = Array.from({ length: 5 }, (_, place) => kinds[Math.floor(picture / 4 ** place) % 4] ?? user('a'));
    const roles = messagesOf(turns).map(({ role }) => role);
    expect(roles).toEqual(roles.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')));
  }
});
