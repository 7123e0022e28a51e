import { renderHook } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { currentWorkspace } from '@/api/workspace';
import { meWith, moduleEntry } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { accessTo, adoptSession, meQuery, useCan, workspaceKey } from './session';
import { safeReturn } from './sign-in-page';

const organization = { current_organization_id: 'o1', current_organization_role: 'user' as const };

describe('useCan', () => {
  it('says yes to a granted permission and no to any other, whatever the role', () => {
    const me = meWith({ current_organization_role: 'owner', permissions: ['instance.read'] });
    const { wrapper } = signedIn(me);
    expect(renderHook(() => useCan('instance.read'), { wrapper }).result.current).toBe(true);
    expect(renderHook(() => useCan('instance.terminate'), { wrapper }).result.current).toBe(false);
  });
});

describe('accessTo', () => {
  it('follows the reason that the server gives for a module', () => {
    const me = meWith({ modules: [moduleEntry('instances', { available: false, reason: 'organization_required' })] });
    expect(accessTo(me, { module: 'instances' })).toMatchObject({ allowed: false, reason: 'organization_required' });
  });

  it('allows a page of an available module only with the permission that the page adds', () => {
    const me = meWith({ ...organization, modules: [moduleEntry('instances')], permissions: ['instance.read'] });
    expect(accessTo(me, { module: 'instances' })).toEqual({ allowed: true });
    expect(accessTo(me, { module: 'instances', permission: 'instance.create' })).toEqual({
      allowed: false,
      reason: 'permission_required',
      permission: 'instance.create',
    });
  });

  it('explains a missing permission in Personal as a missing organization', () => {
    expect(accessTo(meWith(), { permission: 'organization.read' })).toMatchObject({ reason: 'organization_required' });
  });
});

describe('a change of workspace', () => {
  it('forgets all data but the session itself and names the new workspace in requests', async () => {
    const { queries } = signedIn(meWith());
    queries.setQueryData(['instances', 'list'], { items: ['of the old workspace'] });
    const me = meWith(organization);
    await adoptSession(queries, me);
    expect(queries.getQueryData(['instances', 'list'])).toBeUndefined();
    expect(queries.getQueryData(meQuery.queryKey)).toEqual(me);
    expect(currentWorkspace()).toBe('o1');
  });

  it('is taken over once when two answers tell of it', async () => {
    const { queries } = signedIn(meWith());
    const me = meWith(organization);
    await Promise.all([adoptSession(queries, me), adoptSession(queries, me)]);
    queries.setQueryData(['instances', 'list'], { items: ['of the new workspace'] });
    await adoptSession(queries, { ...me });
    expect(queries.getQueryData(['instances', 'list'])).toBeDefined();
    await adoptSession(queries, { ...me, permissions: ['instance.read'] });
    expect(queries.getQueryData(['instances', 'list'])).toBeUndefined();
  });

  it('gives the pages a new identity', () => {
    expect(workspaceKey(meWith())).not.toBe(workspaceKey(meWith(organization)));
  });
});

describe('the address after sign-in', () => {
  it.each(['/instances?show=live', '/'])('keeps %s', (path) => expect(safeReturn(path)).toBe(path));
  it.each([undefined, 'https://evil.example', '//evil.example', '/\\evil.example', '/login?return=/login'])(
    'leads %s to the dashboard',
    (path) => expect(safeReturn(path)).toBe('/'),
  );
});
