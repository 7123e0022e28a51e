import { describe, expect, it } from 'vitest';
import { differences } from './difference';
import { exportAddress, filtersOf } from './search';

describe('differences', () => {
  it('puts what changed first and keeps what did not', () => {
    expect(differences({ name: 'Acme', role: 'user' }, { name: 'Acme', role: 'admin' })).toEqual([
      { field: 'role', before: 'user', after: 'admin', changed: true },
      { field: 'name', before: 'Acme', after: 'Acme', changed: false },
    ]);
  });

  it('knows what came from nothing or went to nothing, and writes values that are no text', () => {
    expect(differences(null, { models: ['a', 'b'], count: 2 })).toEqual([
      { field: 'count', before: null, after: '2', changed: true },
      { field: 'models', before: null, after: '["a","b"]', changed: true },
    ]);
    expect(differences({ role: null }, undefined)).toEqual([
      { field: 'role', before: 'null', after: null, changed: true },
    ]);
  });
});

describe('the filters', () => {
  it('include both days, as the person counts them', () => {
    const { from, to } = filtersOf({ from: '2026-11-23', to: '2026-11-23' });
    expect(new Date(from ?? '').getTime()).toBe(new Date(2026, 10, 23).getTime());
    expect(new Date(to ?? '').getTime()).toBe(new Date(2026, 10, 24).getTime());
  });

  it('go along into the file, with the workspace', () => {
    expect(exportAddress({ noun: 'member', q: ' ada ' }, 'csv', 'o1')).toBe(
      '/audit_log/export?format=csv&q=ada&action=member.&workspace=o1',
    );
  });
});
