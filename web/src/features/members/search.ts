import * as z from 'zod/mini';

/** What of the members page lives in its address. */
export const membersSearch = z.object({
  q: z.catch(z.optional(z.string()), undefined),
  sort: z.catch(z.optional(z.string()), undefined),
});
export type MembersSearch = z.infer<typeof membersSearch>;
