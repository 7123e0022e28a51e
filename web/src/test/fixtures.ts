import type { Me, Module } from '@/api/shapes';

/** A session for tests; `permissions` and `modules` decide what it may do. */
export function meWith(change: Partial<Me> = {}): Me {
  return {
    id: '10000000-0000-4000-8000-000000000001',
    email: 'ada@example.com',
    username: 'ada',
    first_name: 'Ada',
    last_name: 'Lovelace',
    locale: 'en',
    platform_role: null,
    account_plan: 'free',
    session_id: '10000000-0000-4000-8000-000000000002',
    current_organization_id: null,
    current_organization_name: null,
    current_organization_slug: null,
    current_organization_color: null,
    current_organization_role: null,
    permissions: [],
    modules: [],
    ...change,
  } as Me;
}

export function moduleEntry(name: string, change: Partial<Module> = {}): Module {
  return { name, available: true, reason: null, permission: `${name}.read`, ...change } as Module;
}
