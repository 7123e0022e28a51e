import { afterEach, expect, it, vi } from 'vitest';
import type { Me } from '@/api/shapes';
import { instancesQuery } from '@/features/instances/queries';
import { answering } from '@/test/answers';
import { meWith, moduleEntry } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { beginPage } from './-loading';

afterEach(() => vi.unstubAllGlobals());

const allowed = meWith({ modules: [moduleEntry('instances')], permissions: ['instance.read'] });
const refused = meWith({ modules: [moduleEntry('instances', { available: false, reason: 'permission_required' })] });

function visit(me: Me, cause: 'preload' | 'enter' | 'stay', answers: Parameters<typeof answering>[0] = {}) {
  const sent = answering(answers);
  const { queries } = signedIn(me);
  const route = { options: { staticData: { module: 'instances' as const } } };
  const load = () =>
    beginPage({ context: { queries }, route, cause }, (client) => [client.ensureQueryData(instancesQuery)]);
  return { queries, load, sent };
}

it.each(['preload', 'enter'] as const)(
  'has the data of a page on the way without waiting for it: %s',
  async (cause) => {
    const { queries, load, sent } = visit(allowed, cause, {
      'GET /instances': { body: { items: [{ id: 'i1' }], next_cursor: null } },
    });
    load();
    // Twice is once, while it is on the way and when it is there.
    load();
    await vi.waitFor(() => expect(queries.getQueryData(instancesQuery.queryKey)?.items).toHaveLength(1));
    load();
    expect(sent).toHaveLength(1);
  },
);

it('asks for nothing for a page that may not be seen, nor for one that is open', () => {
  for (const { load, sent } of [visit(refused, 'enter'), visit(allowed, 'stay')]) {
    load();
    expect(sent).toEqual([]);
  }
});

it('leaves it to the page to say what could not be had', async () => {
  const { queries, load } = visit(allowed, 'enter', { 'GET /instances': { status: 403, body: { code: 'forbidden' } } });
  load();
  await vi.waitFor(() => expect(queries.getQueryState(instancesQuery.queryKey)?.status).toBe('error'));
});
