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
