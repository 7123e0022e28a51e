import * as z from 'zod/mini';

/** What of the users page lives in its address. */
export const usersSearch = z.object({
  create: z.catch(z.optional(z.boolean()), undefined),
  q: z.catch(z.optional(z.string().check(z.maxLength(200))), undefined),
  sort: z.catch(z.optional(z.string()), undefined),
});
export type UsersSearch = z.infer<typeof usersSearch>;
