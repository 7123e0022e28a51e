import * as z from 'zod/mini';

/** What of the members page lives in its address. */
export const membersSearch = z.object({
  q: z.catch(z.optional(z.string()), undefined),
  /** The dialog that is open and about the organization; those about a member open from their row. */
  dialog: z.catch(z.optional(z.enum(['transfer'])), undefined),
  sort: z.catch(z.optional(z.string()), undefined),
});
export type MembersSearch = z.infer<typeof membersSearch>;
