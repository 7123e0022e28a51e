import { expect, it } from 'vitest';
import { meWith, moduleEntry } from '@/test/fixtures';
import { visibleNavigation } from './navigation';

it('marks organization modules in Personal and hides those without permission', () => {
  const me = meWith({
    modules: [
      moduleEntry('instances', { available: false, reason: 'organization_required' }),
      moduleEntry('finops', { available: false, reason: 'permission_required' }),
    ],
  });
  const shown = new Map(visibleNavigation(me).map((entry) => [entry.to, entry.organizationRequired]));
  expect(shown.get('/instances')).toBe(true);
  expect(shown.has('/finops')).toBe(false);
  expect(shown.get('/organizations')).toBe(false);
});

it('puts what platform admins open in Personal under the platform, and under the organization elsewhere', () => {
  const modules = [
    moduleEntry('users'),
    moduleEntry('jobs'),
    moduleEntry('members', { available: false, reason: 'organization_required' }),
  ];
  const sections = (change: object) =>
    Object.fromEntries(
      visibleNavigation(meWith({ platform_role: 'admin', modules, ...change })).map(({ to, section }) => [to, section]),
    );
  expect(sections({})).toMatchObject({
    '/users': 'platform',
    '/organizations': 'platform',
    '/platform/jobs': 'platform',
  });
  expect(sections({})).toMatchObject({ '/organization/members': 'organization' });
  expect(sections({ current_organization_id: 'o1' })).toMatchObject({ '/users': 'organization' });
  expect(sections({ platform_role: 'user' })).toMatchObject({ '/users': 'organization' });
});
