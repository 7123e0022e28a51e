import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';

export const chatModelsQuery = queryOptions({
  queryKey: ['chat_models'],
  queryFn: ({ signal }) => body(api.GET('/chat/models', { signal })),
});
