import * as z from 'zod/mini';
import { scopeSearch } from '@/features/session/scope-filter';

/** What of the models page lives in its address. */
export const modelsSearch = z.object({
  create: z.catch(z.optional(z.boolean()), undefined),
  scope: scopeSearch,
  q: z.catch(z.optional(z.string()), undefined),
  sort: z.catch(z.optional(z.string()), undefined),
});
export type ModelsSearch = z.infer<typeof modelsSearch>;

/** What of one model's page lives in its address: the dialog that is open. */
export const modelSearch = z.object({
  dialog: z.catch(z.optional(z.enum(['edit', 'price', 'delete'])), undefined),
});
export type ModelDialog = z.infer<typeof modelSearch>['dialog'];
