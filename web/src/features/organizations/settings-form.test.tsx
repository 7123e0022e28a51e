import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { OrganizationSettingsPage } from './settings-page';

afterEach(() => vi.unstubAllGlobals());

const me = meWith({
  current_organization_id: 'o1',
  current_organization_name: 'Acme',
  permissions: ['organization.read', 'organization.update'],
});
const acme = {
  id: 'o1',
  name: 'Acme',
  slug: 'acme',
  color: '#2563eb',
  role: 'owner',
  members_count: 2,
  subscription_plan: 'free',
  members_can_create_keys: false,
  approve_before_provisioning: false,
  created_at: '2026-11-23T10:00:00Z',
};

let now: typeof acme;
let tag: string;
beforeEach(() => {
  now = acme;
  tag = '"1"';
});

/** The settings page in front of a server that refuses what was typed over another version. */
async function settingsPage() {
  const sent = answering({
    'GET /organizations/current': () => ({ body: now, etag: tag }),
    'PATCH /organizations/current': (change) => {
      const last = sent.findLast(({ call }) => call === 'PATCH /organizations/current');
      if (last?.ifMatch !== tag) return { status: 412, body: { code: 'stale', status: 412 } };
      somebodyChanges(change as Partial<typeof acme>);
      return { body: now, etag: tag };
    },
    'GET /organizations': { body: { items: [], next_cursor: null } },
    'GET /auth/me': { body: me },
  });
  const { queries } = renderWithLinks(<OrganizationSettingsPage />, me);
  const name = await screen.findByRole('textbox', { name: 'Name' });
  // As a live event does it.
  const hear = () => act(() => queries.invalidateQueries({ queryKey: ['organizations'] }));
  return { sent, name, hear, user: userEvent.setup(), slug: screen.getByRole('textbox', { name: 'Slug' }) };
}

function somebodyChanges(change: Partial<typeof acme>) {
  now = { ...now, ...change };
  tag = `"${Number(tag.slice(1, -1)) + 1}"`;
}

const save = () => screen.getByRole('button', { name: 'Save changes' });

it("follows others' changes as long as nothing was typed", async () => {
  const { name, hear } = await settingsPage();
  somebodyChanges({ name: 'Theirs' });
  await hear();
  await waitFor(() => expect(name).toHaveValue('Theirs'));
  expect(save()).toBeDisabled();
});

it('keeps what was typed when others change something else, and saves it', async () => {
  const { name, slug, hear, user } = await settingsPage();
  await user.clear(name);
  await user.type(name, 'Mine');
  await user.click(screen.getByRole('radio', { name: 'Green' }));
  somebodyChanges({ slug: 'theirs', members_can_create_keys: true });
  await hear();
  await waitFor(() => expect(slug).toHaveValue('theirs'));
  expect(name).toHaveValue('Mine');
  expect(screen.getByRole('radio', { name: 'Green' })).toBeChecked();
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(save());
  await waitFor(() => expect(now).toMatchObject({ name: 'Mine', slug: 'theirs', color: '#16a34a' }));
  await waitFor(() => expect(save()).toBeDisabled());
  expect(screen.queryByRole('alert')).toBeNull();
});

it('shows both when somebody changed the very field that was typed into, and takes theirs when told to', async () => {
  const { name, hear, user } = await settingsPage();
  await user.clear(name);
  await user.type(name, 'Mine');
  somebodyChanges({ name: 'Theirs' });
  await hear();
  expect(await screen.findByRole('alert')).toHaveTextContent('Somebody else changed this in the meantime');
  expect(screen.getByRole('alert')).toHaveTextContent('Name: Theirs');
  expect(name).toHaveValue('Mine');
  await user.click(screen.getByRole('button', { name: 'Load the new values' }));
  expect(name).toHaveValue('Theirs');
  expect(name).toHaveFocus();
  expect(screen.queryByRole('alert')).toBeNull();
  expect(save()).toBeDisabled();
});

it('is refused when it saves over a change it never heard of, says so, and saves once the person decided', async () => {
  const { sent, name, user } = await settingsPage();
  await user.clear(name);
  await user.type(name, 'Mine');
  somebodyChanges({ name: 'Theirs' });
  await user.click(save());
  expect(await screen.findByRole('alert')).toHaveTextContent('Name: Theirs');
  expect(name).toHaveValue('Mine');
  expect(now.name).toBe('Theirs');
  await user.click(screen.getByRole('button', { name: 'Keep what I typed' }));
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(save());
  await waitFor(() => expect(now.name).toBe('Mine'));
  expect(sent.filter(({ call }) => call.startsWith('PATCH')).map(({ ifMatch }) => ifMatch)).toEqual(['"1"', '"2"']);
});
