import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Permission } from '@/api/codes';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { CommandPalette } from './command-palette';

afterEach(() => vi.unstubAllGlobals());

const list = (...items: object[]) => ({ body: { items, next_cursor: null } });
const member = {
  user_id: 'u1',
  first_name: 'Grace',
  last_name: 'Hopper',
  username: 'grace',
  email: 'grace@example.com',
};
const instance = { id: '0000-abcd1234', model_name: 'Small', status: 'ready', zone_code: 'mock-paris-1' };
const named = { ...instance, id: '0000-abcd5678', name: 'Chat for support' };

function show(permissions: Permission[]) {
  const sent = answering({
    'GET /organizations': list(),
    'GET /instances': list(instance, named),
    'GET /models': list(
      { id: 'm1', name: 'Small', model_id: 'mock/small' },
      { id: 'm2', name: 'Large', model_id: 'x' },
    ),
    'GET /api_keys': list({ id: 'k1', name: 'Website', prefix: 'inv_ab', status: 'active' }),
    'GET /organizations/current/members': list({ ...member, role: 'owner' }),
  });
  renderWithLinks(<CommandPalette open onOpenChange={() => {}} />, meWith({ permissions }));
  return sent;
}

it.each([
  ['  hopper ', 'Grace Hopper'],
  ['web', 'Website'],
  ['mock/sm', 'Small'],
  ['abcd1234', /^Small · /],
  ['support', 'Chat for support'],
  ['abcd5678', 'Chat for support'],
])('finds things by what they are called: %j', async (typed, name) => {
  show(['instance.read', 'model.read', 'api_key.read', 'member.read']);
  await userEvent.type(await screen.findByRole('combobox'), typed);
  expect(await screen.findByRole('option', { name })).toBeInTheDocument();
});

it('looks only among what the person may see, and only once something is typed', async () => {
  const sent = show(['model.read']);
  const field = await screen.findByRole('combobox');
  expect(sent.filter(({ call }) => call === 'GET /models')).toEqual([]);
  await userEvent.type(field, 'large');
  expect(await screen.findByRole('option', { name: 'Large' })).toBeInTheDocument();
  expect(sent.map(({ call }) => call)).not.toContain('GET /organizations/current/members');
});
