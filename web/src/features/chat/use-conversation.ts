import { useSyncExternalStore } from 'react';
import { useMe, workspaceKey } from '@/features/session/session';
import { type Conversation, conversationOf } from './conversation';

/** The conversation of this session in this workspace, drawn anew with whatever is said. */
export function useConversation(): Conversation {
  const conversation = conversationOf(workspaceKey(useMe()));
  useSyncExternalStore(conversation.subscribe, () => conversation.turns);
  return conversation;
}
