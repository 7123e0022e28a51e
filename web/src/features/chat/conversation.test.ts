import { afterEach, expect, it } from 'vitest';
import type { ChatMessage, CompletionEvent } from './completion-stream';
import { Conversation, conversationOf, forgetConversations } from './conversation';

afterEach(forgetConversations);

/** A model that answers or fails as it is told, and keeps what it was sent. */
function model(...answers: (string | Error)[]) {
  const asked: ChatMessage[][] = [];
  async function* stream(request: { messages: ChatMessage[] }): AsyncGenerator<CompletionEvent> {
    asked.push(request.messages);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    yield { kind: 'text', text: answer ?? '' };
  }
  return { asked, conversation: new Conversation(stream) };
}

it('sends after a failed answer one question, not two in a row', async () => {
  const { asked, conversation } = model(new Error('gone'), 'Yes');
  await conversation.send('small', 'Hi');
  expect(conversation.turns.at(-1)?.state).toBe('failed');
  await conversation.send('small', 'Are you there?');
  expect(asked[1]).toEqual([{ role: 'user', content: 'Hi\n\nAre you there?' }]);
  expect(conversation.turns.map(({ role, content }) => [role, content])).toEqual([
    ['user', 'Hi'],
    ['assistant', ''],
    ['user', 'Are you there?'],
    ['assistant', 'Yes'],
  ]);
});

it('asks the same again', async () => {
  const { asked, conversation } = model(new Error('gone'), 'Hello');
  await conversation.send('small', 'Hi');
  await conversation.retry('small');
  expect(asked[1]).toEqual(asked[0]);
  expect(conversation.turns.at(-1)).toMatchObject({ content: 'Hello', state: 'done' });
});

it('is one for a session in a workspace, until the session ends', () => {
  const here = conversationOf('s1:o1');
  here.draft = 'Hel';
  expect(conversationOf('s1:o1')).toBe(here);
  expect(conversationOf('s1:personal')).not.toBe(here);
  forgetConversations();
  expect(conversationOf('s1:o1').draft).toBe('');
});

it('keeps those of a bounded number of workspaces', () => {
  const first = conversationOf('s1:o0');
  for (let number = 1; number <= 20; number += 1) conversationOf(`s1:o${number}`);
  expect(conversationOf('s1:o0')).not.toBe(first);
});
