import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import { PAGE_SIZE, readPages } from '@/api/pages';

export const zonesQuery = queryOptions({
  queryKey: ['zones'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/zones', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) =>
    readPages((cursor) => body(api.GET('/providers', { params: { query: { limit: PAGE_SIZE, cursor } }, signal }))),
});

export const instanceTypesQuery = queryOptions({
  queryKey: ['instance_types'],
  queryFn: ({ signal }) =>
    readPages((cursor) =>
      body(api.GET('/instance_types', { params: { query: { limit: PAGE_SIZE, cursor } }, signal })),
    ),
});

type Choice = { model_id: string; zone_id: string; instance_type_id: string };

/** What the server says about this choice without doing it: does it fit, and what does an hour cost. */
export const dryRunQuery = (choice: Choice) =>
  queryOptions({
    queryKey: ['deployments', 'dry_run', choice.model_id, choice.zone_id, choice.instance_type_id],
    queryFn: async ({ signal }) => {
      const answer = await body(api.POST('/deployments', { body: { ...choice, dry_run: true }, signal }));
      if (!('fits' in answer)) throw new Error('the server answered a dry run with a deployment');
      return answer;
    },
  });
