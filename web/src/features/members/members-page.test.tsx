import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { MembersPage } from './members-page';

afterEach(() => vi.unstubAllGlobals());

const here = (permissions: string[]) =>
  meWith({ current_organization_id: 'o1', current_organization_name: 'Acme', permissions });
const member = (user_id: string, first_name: string) => ({
  user_id,
  first_name,
  last_name: '',
  username: first_name.toLowerCase(),
  email: `${first_name.toLowerCase()}@example.com`,
  role: 'owner',
  assignable_roles: [],
  created_at: '2026-11-01T10:00:00Z',
  last_seen_at: null,
});
const members = { items: [member('u1', 'Grace')], next_cursor: null };
const title = 'Transfer the ownership of Acme';

it('opens the transfer from its address, and closing takes it out of there', async () => {
  answering({ 'GET /organizations/current/members': { body: members } });
  const onSearch = vi.fn();
  renderWithLinks(
    <MembersPage search={{ dialog: 'transfer' }} onSearch={onSearch} />,
    here(['member.read', 'organization.delete']),
  );
  expect(await screen.findByRole('dialog', { name: title })).toBeInTheDocument();
  await userEvent.setup().click(screen.getByRole('button', { name: 'Cancel' }));
  expect(onSearch).toHaveBeenCalledWith({ dialog: undefined });
});

it('opens no transfer for whoever may not hand the organization over', async () => {
  answering({ 'GET /organizations/current/members': { body: members } });
  renderWithLinks(<MembersPage search={{ dialog: 'transfer' }} onSearch={vi.fn()} />, here(['member.read']));
  expect(await screen.findByRole('cell', { name: /Grace/ })).toBeInTheDocument();
  expect(screen.queryByRole('dialog')).toBeNull();
});
