import * as z from 'zod/mini';
import { scopeSearch } from '@/features/session/scope-filter';

/** What of the instances page lives in its URL. */
export const instancesSearch = z.object({
  q: z.catch(z.optional(z.string()), undefined),
  scope: scopeSearch,
  show: z.catch(z.optional(z.enum(['live', 'failed', 'ended', 'all', 'current'])), undefined),
  sort: z.catch(z.optional(z.string()), undefined),
});

export type InstancesSearch = z.infer<typeof instancesSearch>;
