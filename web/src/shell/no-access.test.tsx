import { screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { NoAccess } from './no-access';

afterEach(() => vi.unstubAllGlobals());

it('names the admins and owners who can help, to whoever may see members', async () => {
  const person = (user_id: string, first_name: string, role: string) => ({
    user_id,
    first_name,
    last_name: 'X',
    username: first_name,
    email: `${first_name}@example.com`,
    role,
  });
  const items = [person('u1', 'Olga', 'owner'), person('u2', 'Adam', 'admin'), person('u3', 'Uma', 'user')];
  answering({ 'GET /organizations/current/members': { body: { items, next_cursor: null } } });
  const me = meWith({ current_organization_id: 'o1', permissions: ['member.read'] });
  renderWithLinks(<NoAccess reason="permission_required" permission="invitation.read" />, me);
  expect(await screen.findByText('Olga X · Owner · Olga@example.com')).toBeInTheDocument();
  expect(screen.getByText(/^Adam X · Admin/)).toBeInTheDocument();
  expect(screen.queryByText(/Uma/)).not.toBeInTheDocument();
  expect(screen.getByText('This page needs the role Manager, Admin or Owner.')).toBeInTheDocument();
  expect(screen.queryByText(/invitation\.read/)).not.toBeInTheDocument();
});

it('leads to the own organizations, or to a new one, when a page needs one', async () => {
  const acme = { id: 'o1', name: 'Acme', slug: 'acme' };
  answering({ 'GET /organizations': { body: { items: [acme], next_cursor: null } } });
  renderWithLinks(<NoAccess reason="organization_required" permission="member.read" />, meWith());
  expect(await screen.findByRole('button', { name: 'Switch to Acme' })).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Create organization' })).toBeInTheDocument();
});

it('leads who has no organization to creating the first', async () => {
  answering({ 'GET /organizations': { body: { items: [], next_cursor: null } } });
  const me = meWith({ permissions: ['organization.create'] });
  const { router } = renderWithLinks(<NoAccess reason="organization_required" permission="member.read" />, me);
  await vi.waitFor(() => expect(router.state.location.pathname).toBe('/organizations'));
  expect(router.state.location.search).toEqual({ create: true, needed: true });
});
