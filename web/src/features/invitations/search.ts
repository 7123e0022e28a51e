import * as z from 'zod/mini';
import { invitationStatuses } from './status';

/** What of the invitations page lives in its address. */
export const invitationsSearch = z.object({
  create: z.catch(z.optional(z.boolean()), undefined),
  status: z.catch(z.optional(z.enum(invitationStatuses)), undefined),
  q: z.catch(z.optional(z.string()), undefined),
  sort: z.catch(z.optional(z.string()), undefined),
});
export type InvitationsSearch = z.infer<typeof invitationsSearch>;
