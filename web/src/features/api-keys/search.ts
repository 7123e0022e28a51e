import * as z from 'zod/mini';
import { keyStatuses } from '@/api/codes';

/** What of the page of API keys lives in its address. */
export const keysSearch = z.object({
  create: z.catch(z.optional(z.boolean()), undefined),
  status: z.catch(z.optional(z.enum(keyStatuses)), undefined),
  q: z.catch(z.optional(z.string()), undefined),
  sort: z.catch(z.optional(z.string()), undefined),
});
export type KeysSearch = z.infer<typeof keysSearch>;
