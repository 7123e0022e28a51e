import * as z from 'zod/mini';
import { factorDialogs } from '@/features/second-factors/dialogs';

/** What of the account page lives in its address: the dialog that is open. */
export const accountSearch = z.object({
  dialog: z.catch(z.optional(z.enum(factorDialogs)), undefined),
});
export type AccountDialog = z.infer<typeof accountSearch>['dialog'];
