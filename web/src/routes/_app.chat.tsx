import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { ChatPage } from '@/features/chat/chat-page';
import { chatModelsQuery } from '@/features/chat/queries';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/chat')({
  staticData: { title: 'chat.title', module: 'chat' },
  validateSearch: z.object({ model: z.catch(z.optional(z.string()), undefined) }),
  loader: (visit) => beginPage(visit, (queries) => [queries.ensureQueryData(chatModelsQuery)]),
  component: Chat,
});

function Chat() {
  const navigate = Route.useNavigate();
  return (
    <ChatPage modelId={Route.useSearch().model} onModel={(model) => navigate({ search: { model }, replace: true })} />
  );
}
