import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Member } from '@/api/shapes';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { ChangeRoleDialog } from './change-role-dialog';
import { RemoveDialog } from './remove-dialog';
import { TransferDialog } from './transfer-dialog';

afterEach(() => vi.unstubAllGlobals());

const member = (change: Partial<Member>): Member => ({
  user_id: 'u2',
  email: 'grace@example.com',
  username: 'grace',
  first_name: 'Grace',
  last_name: 'Hopper',
  role: 'user',
  created_at: '2026-11-01T10:00:00Z',
  last_seen_at: null,
  assignable_roles: ['user', 'manager', 'admin', 'owner'],
  ...change,
});
const me = meWith({
  current_organization_id: 'o1',
  current_organization_name: 'Acme',
  permissions: ['member.read', 'member.assign_role'],
});
const path = '/organizations/current/members';

it('changes a role', async () => {
  const sent = answering({
    [`PUT ${path}/u2`]: { body: member({ role: 'admin' }) },
    [`GET ${path}`]: { body: { items: [] } },
  });
  const onClose = vi.fn();
  render(<ChangeRoleDialog member={member({})} onClose={onClose} />, { wrapper: signedIn(me).wrapper });
  const user = userEvent.setup();
  expect(screen.getByRole('button', { name: 'Change role' })).toBeDisabled();
  await user.click(screen.getByRole('radio', { name: 'Admin' }));
  await user.click(screen.getByRole('button', { name: 'Change role' }));
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(sent).toContainEqual({ call: `PUT ${path}/u2`, body: { role: 'admin' } });
});

it('says whom to ask when the own role reaches no further', async () => {
  answering({
    [`PUT ${path}/u2`]: { status: 403, body: { code: 'delegation', status: 403, detail: 'No.' } },
    [`GET ${path}`]: {
      body: { items: [member({ user_id: 'u3', first_name: 'Olga', last_name: 'Owner', role: 'owner' })] },
    },
  });
  render(<ChangeRoleDialog member={member({})} onClose={vi.fn()} />, { wrapper: signedIn(me).wrapper });
  const user = userEvent.setup();
  await user.click(screen.getByRole('radio', { name: 'Owner' }));
  await user.click(screen.getByRole('button', { name: 'Change role' }));
  expect(await screen.findByRole('alert')).toHaveTextContent("Your role doesn't reach that far");
  expect(await screen.findByText(/Olga Owner/)).toBeInTheDocument();
});

it('offers only the roles the server lets one give, and says why there are no others', async () => {
  answering({});
  const admin = { ...me, current_organization_role: 'admin' as const };
  const grace = member({ assignable_roles: ['user', 'admin'] });
  render(<ChangeRoleDialog member={grace} onClose={vi.fn()} />, { wrapper: signedIn(admin).wrapper });
  expect(screen.getAllByRole('radio')).toHaveLength(2);
  expect(screen.getByRole('radio', { name: 'Admin' })).toBeInTheDocument();
  expect(screen.queryByRole('radio', { name: 'Owner' })).not.toBeInTheDocument();
  expect(screen.getByText('Your role, Admin, gives no other roles. Owners can give every role.')).toBeInTheDocument();
});

it('offers nothing for a member beyond the own role and names the owners', async () => {
  answering({
    [`GET ${path}`]: {
      body: { items: [member({ user_id: 'u9', first_name: 'Olga', last_name: 'Owner', role: 'owner' })] },
    },
  });
  const beyond = member({ role: 'owner', assignable_roles: [] });
  render(<ChangeRoleDialog member={beyond} onClose={vi.fn()} />, { wrapper: signedIn(me).wrapper });
  expect(screen.getByText('This member is beyond your role')).toBeInTheDocument();
  expect(await screen.findByText(/Olga Owner/)).toBeInTheDocument();
  expect(screen.queryByRole('radio')).not.toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Change role' })).toBeDisabled();
});

it('explains how the last owner can go, and keeps the question open', async () => {
  answering({ [`DELETE ${path}/u2`]: { status: 409, body: { code: 'last_owner', status: 409 } } });
  const onClose = vi.fn();
  render(<RemoveDialog member={member({ role: 'owner' })} onClose={onClose} />, { wrapper: signedIn(me).wrapper });
  expect(screen.getByRole('alertdialog', { name: 'Remove Grace Hopper from Acme?' })).toBeInTheDocument();
  await userEvent.setup().click(screen.getByRole('button', { name: 'Remove from organization' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('Make another member an owner first');
  expect(onClose).not.toHaveBeenCalled();
});

it('hands the organization to somebody else only', async () => {
  const sent = answering({
    'POST /organizations/current/transfer_ownership': { body: {} },
    'GET /auth/me': { body: me },
    [`GET ${path}`]: { body: { items: [] } },
  });
  const onClose = vi.fn();
  const members = [member({}), member({ user_id: me.id, first_name: 'Ada', role: 'owner' })];
  render(<TransferDialog members={members} onClose={onClose} />, { wrapper: signedIn(me).wrapper });
  const heirs = screen.getByRole('combobox', { name: 'New owner' });
  expect([...heirs.querySelectorAll('option')].map(({ value }) => value)).toEqual(['', 'u2']);
  const user = userEvent.setup();
  expect(screen.getByRole('button', { name: 'Transfer ownership' })).toBeDisabled();
  await user.selectOptions(heirs, 'u2');
  await user.click(screen.getByRole('button', { name: 'Transfer ownership' }));
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(sent[0]?.body).toEqual({ user_id: 'u2', keep_role: 'admin' });
});
