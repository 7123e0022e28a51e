import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { AuditPage } from './audit-page';

afterEach(() => vi.unstubAllGlobals());

const actor = '20000000-0000-4000-8000-000000000001';
const entry = {
  id: 'e1',
  chain: 'organization',
  sequence: 7,
  occurred_at: '2026-11-23T10:00:00Z',
  actor: { kind: 'user', id: actor, email: 'olga@example.com', name: 'Olga Owner' },
  action: 'member.assign_role',
  target_type: 'user',
  target_id: '20000000-0000-4000-8000-000000000002',
  target_email: 'grace@example.com',
  before: { role: 'user' },
  after: { role: 'admin' },
  ip_address: '192.0.2.1',
  request_id: null,
};
const me = meWith({ current_organization_id: 'o1', current_organization_name: 'Acme', permissions: ['audit.read'] });

it('shows who changed what, and what was before', async () => {
  answering({ 'GET /audit_log': { body: { items: [entry], next_cursor: null } } });
  const onSearch = vi.fn();
  renderWithLinks(<AuditPage search={{}} onSearch={onSearch} />, me);
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Role changed' }));
  const dialog = screen.getByRole('dialog', { name: 'Role changed' });
  const cells = within(dialog)
    .getAllByRole('cell')
    .map(({ textContent }) => textContent);
  expect(cells).toEqual(['roleChanged', 'user', 'admin']);
  await user.click(within(dialog).getByRole('button', { name: 'Everything by this person' }));
  expect(onSearch).toHaveBeenCalledWith({ actor });
});

it('shows an act it has no words for as the server calls it, and somebody it may not name', async () => {
  const unknown = { ...entry, action: 'share.grant', actor: { kind: 'user', id: actor, email: null, name: null } };
  answering({ 'GET /audit_log': { body: { items: [unknown], next_cursor: null } } });
  renderWithLinks(<AuditPage search={{}} onSearch={vi.fn()} />, me);
  expect(await screen.findByRole('button', { name: 'share.grant' })).toBeInTheDocument();
  expect(screen.getByText('Somebody who is no member any more')).toBeInTheDocument();
});

it('calls what was acted on by its name, and by the end of its id where it has none', async () => {
  const about = (id: string, after: unknown) => ({ ...entry, id, target_email: null, after });
  const items = [about('e1', { name: 'CI key' }), about('e2', { email: 'ida@example.com' }), about('e3', null)];
  answering({ 'GET /audit_log': { body: { items, next_cursor: null } } });
  renderWithLinks(<AuditPage search={{}} onSearch={vi.fn()} />, me);
  for (const name of ['CI key', 'ida@example.com', '00000002']) {
    expect(await screen.findByRole('cell', { name })).toBeInTheDocument();
  }
});

it('exports what the filters leave', async () => {
  answering({ 'GET /audit_log': { body: { items: [], next_cursor: null } } });
  renderWithLinks(<AuditPage search={{ noun: 'member' }} onSearch={vi.fn()} />, me);
  expect(await screen.findByRole('link', { name: 'Export CSV' })).toHaveAttribute(
    'href',
    '/audit_log/export?format=csv&action=member.&workspace=o1',
  );
  expect(await screen.findByRole('heading', { name: 'Nothing found' })).toBeInTheDocument();
});
