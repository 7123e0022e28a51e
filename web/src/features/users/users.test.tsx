import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Me } from '@/api/shapes';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { UsersPage } from './users-page';

afterEach(() => vi.unstubAllGlobals());

const grace = {
  id: 'u2',
  email: 'grace@example.com',
  username: 'grace',
  first_name: 'Grace',
  last_name: 'Hopper',
  role: null,
  locale: 'en',
  platform_role: 'user',
  account_plan: 'free',
  email_verified_at: null,
  disabled_at: null,
  last_seen_at: null,
  created_at: '2026-11-01T10:00:00Z',
  assignable_roles: [],
};
const permissions = ['user.read', 'user.create', 'user.update', 'user.delete', 'invitation.create'];
const platform = meWith({ platform_role: 'admin', permissions });
const organization = meWith({ current_organization_id: 'o1', current_organization_name: 'Acme', permissions });
const users = { 'GET /users': { body: { items: [grace], next_cursor: null } } };

async function openMenu(me: Me) {
  renderWithLinks(<UsersPage search={{}} onSearch={vi.fn()} />, me);
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Actions for Grace Hopper' }));
  return user;
}

it('disables an account for the platform, after asking', async () => {
  const sent = answering({ ...users, 'PUT /users/u2': { body: { ...grace, disabled_at: grace.created_at } } });
  const user = await openMenu(platform);
  await user.click(screen.getByRole('menuitem', { name: 'Disable account' }));
  expect(screen.getByRole('alertdialog', { name: 'Disable the account of Grace Hopper?' })).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Disable account' }));
  await vi.waitFor(() => expect(sent).toContainEqual({ call: 'PUT /users/u2', body: { disabled: true } }));
});

it('closes an account only after its address was typed, and names organizations that would have no owner', async () => {
  answering({
    ...users,
    'DELETE /users/u2': {
      status: 409,
      body: {
        code: 'sole_owner',
        status: 409,
        errors: [{ field: 'organizations.acme', code: 'only_owner', message: 'Acme has no other owner' }],
      },
    },
  });
  const user = await openMenu(platform);
  await user.click(screen.getByRole('menuitem', { name: 'Close account' }));
  expect(screen.getByRole('button', { name: 'Close account' })).toBeDisabled();
  await user.type(screen.getByRole('textbox', { name: 'Type “grace@example.com” to confirm' }), grace.email);
  await user.click(screen.getByRole('button', { name: 'Close account' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('Transfer the ownership to another member');
  expect(screen.getByText('acme')).toBeInTheDocument();
});

it('corrects names, username and language for the platform, and shows a taken username next to its field', async () => {
  let taken = true;
  const sent = answering({
    ...users,
    'PUT /users/u2': () =>
      taken
        ? {
            status: 422,
            body: {
              code: 'validation_failed',
              status: 422,
              errors: [{ field: 'username', code: 'taken', message: 'is taken' }],
            },
          }
        : { body: grace },
  });
  const user = await openMenu(platform);
  await user.click(screen.getByRole('menuitem', { name: 'Edit' }));
  const dialog = within(screen.getByRole('dialog', { name: 'Edit the account of Grace Hopper' }));
  expect(dialog.getByRole('button', { name: 'Save profile' })).toBeDisabled();
  await user.clear(dialog.getByRole('textbox', { name: 'First name' }));
  await user.type(dialog.getByRole('textbox', { name: 'First name' }), 'Grace B.');
  await user.selectOptions(dialog.getByRole('combobox', { name: 'Language' }), 'Français');
  await user.click(dialog.getByRole('button', { name: 'Save profile' }));
  expect(await dialog.findByText('This is already taken.')).toBeInTheDocument();
  taken = false;
  await user.type(dialog.getByRole('textbox', { name: 'Username' }), '2');
  await user.click(dialog.getByRole('button', { name: 'Save profile' }));
  await vi.waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  const body = { first_name: 'Grace B.', last_name: 'Hopper', username: 'grace2', locale: 'fr' };
  expect(sent).toContainEqual({ call: 'PUT /users/u2', body });
});

it("touches in an organization the membership only, never somebody's account", async () => {
  answering({ 'GET /users': { body: { items: [{ ...grace, role: 'user' }], next_cursor: null } } });
  await openMenu(organization);
  expect(screen.getAllByRole('menuitem').map(({ textContent }) => textContent)).toEqual([
    'Change role',
    'Remove from organization',
  ]);
});

it('shows the link of a new account where no mail server carries it, until it was put away', async () => {
  const link = 'https://inventiv.example/app/reset-password#token=abc';
  answering({ ...users, 'POST /users': { status: 201, body: { ...grace, link } } });
  const onSearch = vi.fn();
  renderWithLinks(<UsersPage search={{ create: true }} onSearch={onSearch} />, platform);
  const user = userEvent.setup();
  await user.type(await screen.findByRole('textbox', { name: 'E-mail' }), 'grace@example.com');
  await user.click(screen.getByRole('button', { name: 'Create user' }));
  expect(await screen.findByRole('textbox', { name: 'Link for grace@example.com' })).toHaveValue(link);
  await user.keyboard('{Escape}');
  expect(screen.getByRole('dialog', { name: 'The account grace@example.com was created' })).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Done' }));
  expect(onSearch).toHaveBeenCalledWith({ create: undefined });
});

it('leads to an invitation when the address has an account', async () => {
  const sent = answering({ ...users, 'POST /users': { status: 409, body: { code: 'use_invitation', status: 409 } } });
  renderWithLinks(<UsersPage search={{ create: true }} onSearch={vi.fn()} />, organization);
  const user = userEvent.setup();
  await user.type(await screen.findByRole('textbox', { name: 'E-mail' }), 'grace@example.com');
  await user.click(screen.getByRole('radio', { name: 'Manager' }));
  await user.click(screen.getByRole('button', { name: 'Create user' }));
  expect(await screen.findByRole('link', { name: 'Invite people' })).toBeInTheDocument();
  expect(sent.at(-1)?.body).toMatchObject({ email: 'grace@example.com', role: 'manager', locale: 'en' });
});

it('knows that whoever looks is here now, whatever was written down last', async () => {
  const ada = { ...grace, id: platform.id, first_name: 'Ada', last_name: 'Lovelace' };
  answering({ 'GET /users': { body: { items: [ada, grace], next_cursor: null } } });
  renderWithLinks(<UsersPage search={{}} onSearch={vi.fn()} />, platform);
  expect(await screen.findByRole('row', { name: /Ada Lovelace.*Now/ })).toBeInTheDocument();
  expect(screen.getByRole('row', { name: /Grace Hopper.*Never/ })).toBeInTheDocument();
});
