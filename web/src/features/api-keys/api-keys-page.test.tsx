import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { ApiKey } from '@/api/shapes';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { ApiKeysPage } from './api-keys-page';
import type { KeysSearch } from './search';

afterEach(() => vi.unstubAllGlobals());

const apiKey = (change: Partial<ApiKey>): ApiKey => ({
  id: 'k1',
  scope: 'organization',
  organization_id: 'o1',
  created_by: 'u1',
  member_bound: false,
  name: 'CI',
  prefix: 'inv_first',
  state: 'active',
  expires_soon: false,
  allowed_models: null,
  created_at: '2026-11-01T10:00:00Z',
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
  rotated_from: null,
  rotated_to: null,
  can_change: true,
  ...change,
});
const stats = { active: 1, expiring: 0, rotating: 0, expired: 0, revoked: 0 };
const found = (...items: ApiKey[]) => ({ body: { items, total: items.length, stats } });
const me = meWith({
  current_organization_id: 'o1',
  current_organization_name: 'Acme',
  permissions: ['api_key.read', 'api_key.create', 'api_key.update', 'api_key.revoke'],
});

function open(search: KeysSearch = {}) {
  const onSearch = vi.fn();
  renderWithLinks(<ApiKeysPage search={search} onSearch={onSearch} />, me);
  return { user: userEvent.setup(), onSearch };
}

async function act(name: string) {
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: 'Actions for CI' }));
  await user.click(screen.getByRole('menuitem', { name }));
  return user;
}

it('says of each key whose it is, how it is, and which key it replaces', async () => {
  const old = apiKey({
    state: 'rotating',
    expires_at: '2099-01-01T00:00:00Z',
    rotated_to: { id: 'k2', prefix: 'inv_second' },
    member_bound: true,
  });
  const next = apiKey({
    id: 'k2',
    prefix: 'inv_second',
    rotated_from: { id: 'k1', prefix: 'inv_first' },
    expires_soon: true,
  });
  answering({ 'GET /api_keys/search': found(old, next) });
  open();
  const [, first, second] = (await screen.findAllByRole('row')).map((row) => within(row));
  expect(first?.getByText('Being replaced')).toBeInTheDocument();
  expect(first?.getByText('Ends with the membership')).toBeInTheDocument();
  expect(first?.getByText(/then inv_second… alone/)).toBeInTheDocument();
  expect(second?.getByText('Replaces inv_first…')).toBeInTheDocument();
  expect(second?.getByText('Expires soon')).toBeInTheDocument();
  expect(second?.getByText('Org: Acme')).toBeInTheDocument();
});

it('replaces a key with the overlap that was chosen, then shows the new secret once', async () => {
  const sent = answering({
    'GET /api_keys/search': found(apiKey({})),
    'POST /api_keys/k1/rotate': { status: 201, body: { ...apiKey({ id: 'k2' }), key: 'inv_second_secret' } },
  });
  const user = await act('Replace');
  const dialog = within(screen.getByRole('dialog', { name: 'Replace “CI”' }));
  expect(dialog.getByRole('combobox', { name: 'The key before' })).toHaveValue('86400');
  await user.selectOptions(dialog.getByRole('combobox'), 'stops working at once');
  await user.click(dialog.getByRole('button', { name: 'Make the new key' }));
  expect(await screen.findByRole('textbox', { name: 'API key' })).toHaveValue('inv_second_secret');
  expect(sent).toContainEqual({ call: 'POST /api_keys/k1/rotate', body: { overlap_seconds: 0 } });
});

it('says why a key is not replaced, and stays', async () => {
  answering({
    'GET /api_keys/search': found(apiKey({})),
    'POST /api_keys/k1/rotate': { status: 409, body: { code: 'key_already_rotated', status: 409 } },
  });
  const user = await act('Replace');
  await user.click(screen.getByRole('button', { name: 'Make the new key' }));
  expect(await screen.findByRole('alert')).toHaveTextContent("Another key has taken this one's place");
});

it('keeps what was not touched when a key is edited', async () => {
  const limited = apiKey({ expires_at: '2099-01-01T00:00:00Z', allowed_models: ['acme/gone'] });
  const sent = answering({ 'GET /api_keys/search': found(limited), 'PUT /api_keys/k1': { body: limited } });
  const user = await act('Edit');
  const dialog = within(screen.getByRole('dialog', { name: 'Edit “CI”' }));
  expect(dialog.getByRole('checkbox', { name: 'acme/gone' })).toBeChecked();
  await user.type(dialog.getByRole('textbox', { name: 'Name' }), ' 2');
  await user.click(dialog.getByRole('button', { name: 'Save changes' }));
  await vi.waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(sent).toContainEqual({ call: 'PUT /api_keys/k1', body: { name: 'CI 2', allowed_models: ['acme/gone'] } });
});

it("offers nothing for somebody else's key under the policy, and no replacement for what does not work", async () => {
  answering({
    'GET /api_keys/search': found(
      apiKey({ id: 'k1', name: 'Theirs', can_change: false }),
      apiKey({ id: 'k2', name: 'Old', state: 'expired' }),
    ),
  });
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: 'Actions for Old' }));
  expect(screen.getAllByRole('menuitem').map(({ textContent }) => textContent)).toEqual(['Edit']);
  expect(screen.queryByRole('button', { name: /Theirs/ })).not.toBeInTheDocument();
});

it('has its words and state in the address, and clears them when nothing is found', async () => {
  answering({ 'GET /api_keys/search': found() });
  const { user, onSearch } = open({ status: 'expired', q: 'x' });
  await user.click(await screen.findByRole('button', { name: 'Clear filters' }));
  expect(onSearch).toHaveBeenCalledWith({ q: undefined, status: undefined });
  await user.selectOptions(screen.getByRole('combobox', { name: 'Show' }), 'Being replaced (0)');
  expect(onSearch).toHaveBeenCalledWith({ status: 'rotating' });
});
