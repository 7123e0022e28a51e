import * as z from 'zod/mini';
import { jobStates } from './words';

/** What of the page of background jobs lives in its address. */
export const jobsSearch = z.object({
  state: z.catch(z.optional(z.enum(jobStates)), undefined),
});
export type JobsSearch = z.infer<typeof jobsSearch>;
