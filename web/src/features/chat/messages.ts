import type { ChatMessage } from './completion-stream';

/**
 * What of a conversation is sent. Strict chat templates refuse two messages in a row of one person, so a question that got no answer
 * and the one that followed it are asked together, and what comes before the first question is left out.
 */
export function messagesOf(turns: readonly ChatMessage[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const { role, content } of turns) {
    const last = messages.at(-1);
    if (content.trim() === '' || (!last && role === 'assistant')) continue;
    if (last?.role === role) last.content += `\n\n${content}`;
    else messages.push({ role, content });
  }
  return messages;
}
