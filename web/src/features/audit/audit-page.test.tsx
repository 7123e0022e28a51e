import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { AuditPage } from './audit-page';
import type { AuditSearch } from './search';

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
/** The page with an address of its own. */
function Addressed({ start = {}, onSearch }: { start?: AuditSearch; onSearch?: (search: AuditSearch) => void }) {
  const [search, setSearch] = useState(start);
  const go = (next: AuditSearch) => {
    onSearch?.(next);
    setSearch(next);
  };
  return <AuditPage search={search} onSearch={go} />;
}

const me = meWith({ current_organization_id: 'o1', current_organization_name: 'Acme', permissions: ['audit.read'] });

it('shows who changed what, and what was before', async () => {
  answering({ 'GET /audit_log': { body: { items: [entry], next_cursor: null } } });
  const onSearch = vi.fn();
  renderWithLinks(<Addressed onSearch={onSearch} />, me);
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Role changed' }));
  const dialog = screen.getByRole('dialog', { name: 'Role changed' });
  const cells = within(dialog)
    .getAllByRole('cell')
    .map(({ textContent }) => textContent);
  expect(cells).toEqual(['roleChanged', 'user', 'admin']);
  await user.click(within(dialog).getByRole('button', { name: 'Everything by this person' }));
  expect(onSearch).toHaveBeenLastCalledWith({ actor });
  expect(screen.queryByRole('dialog')).toBeNull();
});

it('has the open entry in its address, and leaves it there only as long as it is open', async () => {
  const sent = answering({ 'GET /audit_log': { body: { items: [entry], next_cursor: null } } });
  const onSearch = vi.fn();
  renderWithLinks(<Addressed start={{ noun: 'member' }} onSearch={onSearch} />, me);
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Role changed' }));
  expect(onSearch).toHaveBeenLastCalledWith({ noun: 'member', entry: 'e1', at: entry.occurred_at });
  const dialog = screen.getByRole('dialog', { name: 'Role changed' });
  await user.click(within(dialog).getAllByRole('button', { name: 'Close' })[0] as HTMLElement);
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(onSearch.mock.lastCall?.[0]).toMatchObject({ noun: 'member' });
  expect(onSearch.mock.lastCall?.[0].entry).toBeUndefined();
  // What is listed is asked for once: it doesn't depend on what is open.
  expect(sent.filter(({ call }) => call === 'GET /audit_log')).toHaveLength(1);
});

it('opens the entry of an address that is on none of the pages on screen, found by its time', async () => {
  const asked: URL[] = [];
  const newer = { ...entry, id: 'e9', action: 'organization.update' };
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url);
    asked.push(url);
    const items = url.searchParams.has('from') ? [entry] : [newer];
    return Response.json({ items, next_cursor: null });
  });
  renderWithLinks(<Addressed start={{ entry: 'e1', at: '2026-11-23T10:00:00.123456Z' }} />, me);
  expect(await screen.findByRole('dialog', { name: 'Role changed' })).toBeInTheDocument();
  const query = asked.find((url) => url.searchParams.has('from'))?.searchParams;
  expect(query?.get('from')).toBe('2026-11-23T10:00:00.123456Z');
  expect(query?.get('to')).toBe('2026-11-23T10:00:00.124Z');
});

it('says so when the entry of an address is not here', async () => {
  answering({ 'GET /audit_log': { body: { items: [], next_cursor: null } } });
  renderWithLinks(<Addressed start={{ entry: 'e1', at: entry.occurred_at }} />, me);
  expect(await screen.findByRole('dialog', { name: 'Entry of the audit log' })).toHaveTextContent("This isn't here");
});

it('shows an act it has no words for as the server calls it, and somebody it may not name', async () => {
  const unknown = { ...entry, action: 'share.grant', actor: { kind: 'user', id: actor, email: null, name: null } };
  answering({ 'GET /audit_log': { body: { items: [unknown], next_cursor: null } } });
  renderWithLinks(<AuditPage search={{}} onSearch={vi.fn()} />, me);
  expect(await screen.findByRole('button', { name: 'share.grant' })).toBeInTheDocument();
  expect(screen.getByText('Somebody whose account was closed')).toBeInTheDocument();
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

it('goes on searching by itself, then says how far back it came and asks', async () => {
  const asked: (string | null)[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const cursor = new URL(request.url).searchParams.get('cursor');
    asked.push(cursor);
    const step = Number(cursor ?? 0) + 1;
    if (step <= 11) return Response.json({ items: [], next_cursor: String(step), searched_until: entry.occurred_at });
    return Response.json({ items: [entry], next_cursor: null, searched_until: null });
  });
  renderWithLinks(<AuditPage search={{ q: 'grace' }} onSearch={vi.fn()} />, me);
  const button = await screen.findByRole('button', { name: 'Search further back' });
  expect(asked).toEqual([null, '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  expect(screen.getByRole('heading', { name: 'Nothing found' })).toBeInTheDocument();
  expect(screen.getByText(/^Searched back to .*2026/)).toBeInTheDocument();
  await userEvent.setup().click(button);
  expect(await screen.findByRole('button', { name: 'Role changed' })).toBeInTheDocument();
  expect(asked.slice(10)).toEqual(['10', '11']);
  expect(screen.queryByText(/^Searched back/)).toBeNull();
});
