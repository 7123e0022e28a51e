import { z } from 'zod';

/** What of the instances page lives in its URL. */
export const instancesSearch = z.object({
  q: z.string().optional().catch(undefined),
  show: z.enum(['live', 'failed', 'ended', 'all']).optional().catch(undefined),
  sort: z.string().optional().catch(undefined),
});

export type InstancesSearch = z.infer<typeof instancesSearch>;
